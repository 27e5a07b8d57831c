// Package multipart reads forms of multipart/form-data as they arrive. The file is passed on as a
// stream, so it is never in memory as a whole.
package multipart

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Limits of the parts other than the file.
const (
	maxText = 4096 // bytes of a part that is text
	maxName = 64   // characters of a part's name that a problem repeats
)

// ErrMalformed is returned for a body that ends early or has no proper parts.
var ErrMalformed = problem.BadRequest(
	"malformed_multipart", "The body's parts cannot be read to their end.",
)

// Form declares the parts of a form.
type Form struct {
	// File reads the part named "file", which is required. It returns an error of reading the part
	// through ReadError.
	File func(part *multipart.Part) error
	// Texts are called with the other parts, by name. Each part may be sent once.
	Texts map[string]func(text string) error
}

// Read calls the form's functions part by part, in the order the client sent them. It returns the
// first error: a problem of 422 for a part that is unknown, missing or sent twice, and ErrMalformed
// for a body that is broken. The error of a body that is too large or too slow is returned as it
// is.
func (f Form) Read(parts *multipart.Reader) error {
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ReadError(err)
		}
		name := part.FormName()
		if seen[name] {
			return Invalid(name, "may be sent only once")
		}
		seen[name] = true
		if name == "file" {
			err = f.File(part)
		} else {
			err = f.readText(name, part)
		}
		if err != nil {
			return err
		}
	}
	if !seen["file"] {
		return Invalid("file", "is required")
	}
	return nil
}

func (f Form) readText(name string, part io.Reader) error {
	read, known := f.Texts[name]
	if !known {
		return Invalid(name, "is not a part of this form")
	}
	text, err := io.ReadAll(io.LimitReader(part, maxText+1))
	switch {
	case err != nil:
		return ReadError(err)
	case len(text) > maxText:
		return Invalid(name, "is too long")
	}
	return read(string(text))
}

// Invalid returns the problem of one part of a form.
func Invalid(name, message string) error {
	return problem.Invalid(problem.Field{Pointer: "/" + Printable(name), Message: message})
}

// ReadError returns the error of a part that could not be read: ErrMalformed, except when the body
// is larger than the operation allows or did not arrive in time.
func ReadError(err error) error {
	var tooLarge *http.MaxBytesError
	var known *problem.Error
	if errors.As(err, &tooLarge) || errors.As(err, &known) ||
		errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return ErrMalformed.Because(err)
}

// Printable returns a name that a client chose, fit for a response: without characters that cannot
// be printed, and shortened.
func Printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return -1
	}, name)
	return string([]rune(name)[:min(maxName, utf8.RuneCountInString(name))])
}
