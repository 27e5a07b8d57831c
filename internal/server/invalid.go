package server

import (
	"errors"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/shopd/shopd/internal/platform/problem"
)

// describeInvalid returns the problem that lists the fields of the validator's errors.
func describeInvalid(err error) error {
	var fields []problem.Field
	collectFields(err, nil, &fields)
	if len(fields) == 0 {
		return errMalformed.Because(err)
	}
	sortFields(fields)
	fields = slices.Compact(fields)
	return problem.Invalid(fields...)
}

func collectFields(err error, parameter *openapi3.Parameter, fields *[]problem.Field) {
	switch e := err.(type) { //nolint:errorlint // every level of the tree is visited by hand
	case openapi3.MultiError:
		for _, one := range e {
			collectFields(one, parameter, fields)
		}
	case *openapi3filter.RequestError:
		if e.Err == nil {
			name := ""
			if e.Parameter != nil {
				name = pointer(e.Parameter.Name)
			}
			*fields = append(*fields, problem.Field{Pointer: name, Message: e.Reason})
			return
		}
		collectFields(e.Err, e.Parameter, fields)
	case *openapi3.SchemaError:
		path := ""
		if parameter != nil {
			path = pointer(parameter.Name)
		}
		for _, step := range e.JSONPointer() {
			path += pointer(step)
		}
		if name := unknownField(e); name != "" {
			path += pointer(name)
		}
		*fields = append(*fields, problem.Field{Pointer: path, Message: describeSchemaError(e)})
	case *openapi3filter.ParseError:
		path := ""
		if parameter != nil {
			path = pointer(parameter.Name)
		}
		for _, step := range e.Path() {
			if text, ok := step.(string); ok {
				path += pointer(text)
			}
		}
		message := "is not of its type"
		if e.Reason != "" {
			message = "is " + e.Reason
		}
		*fields = append(*fields, problem.Field{Pointer: path, Message: message})
	default:
		path := ""
		if parameter != nil {
			path = pointer(parameter.Name)
		}
		message := "is not valid"
		if errors.Is(err, openapi3filter.ErrInvalidRequired) {
			message = "is required"
		} else if errors.Is(err, openapi3filter.ErrInvalidEmptyValue) {
			message = "must not be empty"
		}
		*fields = append(*fields, problem.Field{Pointer: path, Message: message})
	}
}

func pointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func sortFields(fields []problem.Field) {
	slices.SortFunc(fields, func(a, b problem.Field) int {
		return strings.Compare(a.Pointer+a.Message, b.Pointer+b.Message)
	})
}
