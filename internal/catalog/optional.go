package catalog

import (
	"maps"
)

// orZero returns the value of an optional field, or its zero.
func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

func orDefault[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

func orEmpty[M ~map[string]string](m *M) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(*m)
}
