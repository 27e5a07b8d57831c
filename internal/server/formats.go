package server

import (
	"net/mail"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// defineFormats makes the validator read formats as the generated code does. By itself it does not
// know "email", and takes February 30th for a date.
func defineFormats() {
	define := func(name string, check func(text string) error) {
		openapi3.DefineStringFormatValidator(name, openapi3.NewCallbackValidator(check))
	}
	define("email", func(text string) error {
		_, err := mail.ParseAddress(text)
		return err
	})
	define("date", func(text string) error {
		_, err := time.Parse(time.DateOnly, text)
		return err
	})
	define("date-time", func(text string) error {
		return new(time.Time).UnmarshalText([]byte(text))
	})
}
