package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

var (
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

// notUTF8 is what is wrong with a parameter that errUTF8 refuses.
const notUTF8 = "holds bytes that are not valid UTF-8"

// Media types of JSON. A PATCH takes either: its body is a merge patch (RFC 7396).
const (
	mediaJSON  = "application/json"
	mediaPatch = "application/merge-patch+json"
)

// validatorOptions leave authentication to guard and defaults to the handlers. The value that was
// validated is the one that is bound: encoding/json would match member names without regard to
// case.
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
	if len(op.media) > 0 {
		if err := checkEncoding(c); err != nil {
			return err
		}
	}
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
				return errUTF8.With(problem.Field{Pointer: pointer(name), Message: notUTF8})
			}
			if op.integers[name] && isOddlyWritten(value) {
				return problem.Invalid(
					problem.Field{Pointer: pointer(name), Message: oddlyWritten},
				)
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
				return nil, errUTF8.With(problem.Field{Pointer: pointer(name), Message: notUTF8})
			}
			if strings.ContainsRune(value, 0) {
				wrong = append(
					wrong,
					problem.Field{Pointer: pointer(name), Message: "holds the character U+0000"},
				)
			}
		}
	}
	for _, name := range op.numberLists {
		if values := query[name]; len(values) == 1 && strings.Contains(values[0], ",") {
			query[name] = strings.Split(values[0], ",") // the map is what the handler reads, too
		}
	}
	for name, values := range query {
		if op.integers[name] && slices.ContainsFunc(values, isOddlyWritten) {
			wrong = append(wrong, problem.Field{Pointer: pointer(name), Message: oddlyWritten})
		}
	}
	if wrong != nil {
		sortFields(wrong)
		return nil, problem.Invalid(wrong...)
	}
	return query, nil
}

const oddlyWritten = "must be an integer without a plus sign or leading zeros"

// isOddlyWritten reports whether a text is read as an integer that is usually written otherwise,
// such as 01 and +1: one resource has one address.
func isOddlyWritten(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) != text
}

// readBody reads the body and refuses what the validator would accept: another media type, bytes
// after the JSON value, and characters that PostgreSQL cannot store.
func (op *operation) readBody(r *http.Request) error {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, op.maxBuffered()))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, errSlow):
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
	if media == mediaPatch && r.Method == http.MethodPatch {
		media, header = mediaJSON, mediaJSON // which the generated code reads
		r.Header.Set("Content-Type", media)
	}
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
	if media == mediaJSON {
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
