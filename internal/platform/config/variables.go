package config

import "reflect"

// variableOf returns the name of the environment variable that a field of Settings is read from.
func variableOf(field string) string {
	if f, ok := reflect.TypeFor[Settings]().FieldByName(field); ok {
		return f.Tag.Get("env")
	}
	return field
}
