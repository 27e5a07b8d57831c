package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

var (
	errMediaType = &problem.Error{
		Status:     http.StatusUnsupportedMediaType,
		Code:       "unsupported_media_type",
		Detail:     "The body has a Content-Type this operation does not take.",
		Resolution: problem.FixRequest,
	}
	errNoBody = problem.BadRequest("missing_body", "This operation needs a body.")
	errJSON   = problem.BadRequest("malformed_json", "The body is not valid JSON.")
	errForm   = problem.BadRequest("malformed_form", "The body is not a valid form.")
	errUTF8   = problem.BadRequest(
		"malformed_utf8", "The request holds bytes that are not valid UTF-8.",
	)
	errQuery      = problem.BadRequest("malformed_query", "The query string cannot be read.")
	errIncomplete = problem.BadRequest(
		"incomplete_body", "The body ended before its announced length.",
	)
)

const maxJSONDepth = 64

// validatorOptions leave authentication to guard and defaults to the handlers. The value that was
// validated is the one that is bound: encoding/json would match member names without regard to case.
var validatorOptions = &openapi3filter.Options{
	MultiError:          true,
	KeepValidatedValue:  true,
	SkipSettingDefaults: true,
	AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
}

// validate checks the request against the contract. It reads the whole body into memory, which the
// caller has capped, except that of a multipart form: the handler checks its parts one by one.
func (op *operation) validate(c echo.Context) error {
	query, err := op.readQuery(c)
	if err != nil {
		return err
	}
	r := c.Request()
	seen, options := r, validatorOptions
	switch {
	case op.isMultipart(r):
		if err := checkMultipart(r); err != nil {
			return err
		}
		seen, options = new(*r), multipartOptions
		seen.Body = http.NoBody // the validator would read it for each way to log in
	case len(op.media) > 0:
		if err := op.readBody(r); err != nil {
			return err
		}
	}
	var path map[string]string
	if names := c.ParamNames(); len(names) > 0 {
		path = make(map[string]string, len(names))
		for i, name := range names {
			// The router splits the path as it was sent, so a parameter may be escaped.
			value, err := url.PathUnescape(c.ParamValues()[i])
			if err != nil || !utf8.ValidString(value) {
				return errUTF8
			}
			path[name] = value
		}
	}
	if len(path) == 0 && len(query) == 0 && len(op.media) == 0 && !op.needsParameters() {
		return nil
	}
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: seen, PathParams: path, QueryParams: query, Route: op.route, Options: options,
	})
	if err == nil {
		return nil
	}
	return describeInvalid(err)
}

// needsParameters reports whether a request without parameters must be validated too: headers may
// be declared, or a query parameter may be required.
func (op *operation) needsParameters() bool {
	return slices.ContainsFunc(op.parameters, func(p *openapi3.ParameterRef) bool {
		return p.Value.In == openapi3.ParameterInHeader ||
			p.Value.In == openapi3.ParameterInQuery && p.Value.Required
	})
}

// readQuery refuses parameters that the operation does not have, repeated ones, and text that
// PostgreSQL cannot store.
func (op *operation) readQuery(c echo.Context) (url.Values, error) {
	raw := c.Request().URL.RawQuery
	if raw == "" {
		return nil, nil
	}
	if _, err := url.ParseQuery(raw); err != nil {
		return nil, errQuery
	}
	query := c.QueryParams()
	var wrong []problem.Field
	for name, values := range query {
		repeatable, declared := op.query[name]
		switch {
		case !utf8.ValidString(name):
			return nil, errUTF8
		case !declared:
			wrong = append(
				wrong,
				problem.Field{
					Pointer: pointer(name),
					Message: "is not a parameter of this operation",
				},
			)
		case len(values) > 1 && !repeatable:
			wrong = append(
				wrong, problem.Field{Pointer: pointer(name), Message: "may be given only once"},
			)
		}
		for _, value := range values {
			if !utf8.ValidString(value) {
				return nil, errUTF8
			}
			if strings.ContainsRune(value, 0) {
				wrong = append(
					wrong,
					problem.Field{Pointer: pointer(name), Message: "holds the character U+0000"},
				)
			}
		}
	}
	if wrong != nil {
		sortFields(wrong)
		return nil, problem.Invalid(wrong...)
	}
	return query, nil
}

// readBody reads the body and refuses what the validator would accept: another media type, bytes
// after the JSON value, and characters that PostgreSQL cannot store.
func (op *operation) readBody(r *http.Request) error {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, op.maxBuffered()))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case err != nil:
		return errIncomplete
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	r.GetBody = nil
	if op.raw {
		request.From(r.Context()).Body = data
	}
	switch {
	case len(data) == 0 && op.optional:
		return nil
	case len(data) == 0:
		return errNoBody
	}
	header := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(header)
	if err != nil || !slices.Contains(op.media, media) {
		return errMediaType.Detailf("Send the body as %s.", strings.Join(op.media, " or "))
	}
	if len(op.media) > 1 {
		// The generated code compares media types with regard to case.
		r.Header.Set("Content-Type", media+header[len(media):])
	}
	if !utf8.Valid(data) {
		return errUTF8
	}
	if media == "application/json" {
		return checkJSON(data)
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return errForm
	}
	for name, values := range form {
		if len(values) > 1 {
			return problem.Invalid(
				problem.Field{Pointer: pointer(name), Message: "may be given only once"},
			)
		}
		if strings.ContainsRune(values[0], 0) || !utf8.ValidString(values[0]) {
			return problem.Invalid(
				problem.Field{
					Pointer: pointer(name),
					Message: "holds characters that are not text",
				},
			)
		}
	}
	return nil
}

// checkJSON refuses a body that is not exactly one JSON value, is nested too deep, or has U+0000.
func checkJSON(data []byte) error {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case inString && b == '\\':
			if bytes.HasPrefix(data[i:], []byte(`\u0000`)) {
				return problem.Invalid(
					problem.Field{Pointer: "", Message: "holds the character U+0000"},
				)
			}
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{', b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}', b == ']':
			depth--
		}
	}
	if deepest > maxJSONDepth {
		return errJSON.Detailf("The body is nested deeper than %d levels.", maxJSONDepth)
	}
	if !json.Valid(data) {
		var syntax *json.SyntaxError
		if err := json.Unmarshal(data, new(any)); errors.As(err, &syntax) {
			return errJSON.Detailf(
				"The body is not valid JSON: %s, after %d bytes.", syntax.Error(), syntax.Offset,
			)
		}
		return errJSON
	}
	return nil
}

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
