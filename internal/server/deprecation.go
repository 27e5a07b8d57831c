package server

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// readDeprecation reads whether an operation is deprecated. One that is has the dates (UTC) since
// when (x-deprecated-since) and when it ends (x-sunset). All its responses have both, in the
// headers Deprecation (RFC 9745) and Sunset (RFC 8594).
func (op *operation) readDeprecation(document *openapi3.Operation) error {
	since, hasSince := document.Extensions["x-deprecated-since"]
	sunset, hasSunset := document.Extensions["x-sunset"]
	switch {
	case !document.Deprecated && !hasSince && !hasSunset:
		return nil
	case !document.Deprecated:
		return errors.New("has x-deprecated-since or x-sunset and is not deprecated")
	case !hasSince || !hasSunset:
		return errors.New(
			"is deprecated: say since when with x-deprecated-since, and when it ends with x-sunset",
		)
	}
	from, err := parseDate(since)
	if err != nil {
		return fmt.Errorf("x-deprecated-since: %w", err)
	}
	until, err := parseDate(sunset)
	if err != nil {
		return fmt.Errorf("x-sunset: %w", err)
	}
	if !until.After(from) {
		return errors.New("ends before it is deprecated")
	}
	op.deprecation = http.Header{
		"Deprecation": {fmt.Sprintf("@%d", from.Unix())},
		"Sunset":      {until.Format(http.TimeFormat)},
	}
	return nil
}

// parseDate reads a date, with or without quotes in the YAML.
func parseDate(extension any) (time.Time, error) {
	if date, ok := extension.(time.Time); ok {
		return date.UTC(), nil
	}
	date, err := time.Parse(time.DateOnly, fmt.Sprint(extension))
	if err != nil {
		return time.Time{}, fmt.Errorf("%v is not a date such as 2027-01-31", extension)
	}
	return date, nil
}
