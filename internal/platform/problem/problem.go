// Package problem defines the errors that clients see. A domain declares each of its errors once;
// handlers return them like any other error, and the server sends them as problems (RFC 9457). Any
// other error is a fault of the server: it is sent as a 500 without its cause, which is logged.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Resolution says who can solve a problem, and how.
type Resolution string

// The resolutions of the contract.
const (
	FixRequest  Resolution = "fix_request"
	Retry       Resolution = "retry"
	ChooseAgain Resolution = "choose_again"
	ContactShop Resolution = "contact_shop"
)

// Field is one invalid field of a request; Pointer is a JSON pointer into the body, or "/name" of a
// parameter.
type Field struct {
	Pointer string `json:"pointer"`
	Message string `json:"message"`
}

// Error is a problem that clients see. For errors.Is, errors with the same Code are the same.
type Error struct {
	Status     int
	Code       string // for programs: snake_case, never changed
	Detail     string // for people: what happened and what to do, without internals
	Resolution Resolution
	Fields     []Field
	RetryAfter time.Duration // with 429 and 503
	Cause      error         // logged, never sent
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Cause)
	}
	return e.Code + ": " + e.Detail
}

func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is a problem of the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// IsOutage reports whether err is a problem of a service that is out of reach (503), or whose quota
// or budget is used up (429). The caller may use something else instead, or try again later.
func IsOutage(err error) bool {
	var p *Error
	return errors.As(err, &p) &&
		(p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests)
}

// Because returns a copy with a cause, which is logged and not sent.
func (e *Error) Because(cause error) *Error {
	copied := *e
	copied.Cause = cause
	return &copied
}

// After returns a copy that asks the client to wait for at least a second.
func (e *Error) After(wait time.Duration) *Error {
	copied := *e
	copied.RetryAfter = max(wait, time.Second)
	return &copied
}

// Detailf returns a copy with another detail.
func (e *Error) Detailf(format string, args ...any) *Error {
	copied := *e
	copied.Detail = fmt.Sprintf(format, args...)
	return &copied
}

// With returns a copy that names fields.
func (e *Error) With(fields ...Field) *Error {
	copied := *e
	copied.Fields = fields
	return &copied
}

// BadRequest returns the problem of a malformed request, or of a step that the state of the
// resource does not allow.
func BadRequest(code, detail string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Detail: detail, Resolution: FixRequest}
}

// Unauthorized returns the problem of missing or refused credentials.
func Unauthorized(code, detail string) *Error {
	return &Error{
		Status:     http.StatusUnauthorized,
		Code:       code,
		Detail:     detail,
		Resolution: FixRequest,
	}
}

// Forbidden returns the problem of an account without the necessary rights.
func Forbidden(code, detail string) *Error {
	return &Error{Status: http.StatusForbidden, Code: code, Detail: detail, Resolution: ContactShop}
}

// NotFound returns the problem of a resource that does not exist, or does not belong to the caller.
// Clients cannot tell which.
func NotFound(code, detail string) *Error {
	return &Error{Status: http.StatusNotFound, Code: code, Detail: detail, Resolution: ChooseAgain}
}

// Conflict returns the problem of a request that conflicts with the current state.
func Conflict(code, detail string) *Error {
	return &Error{Status: http.StatusConflict, Code: code, Detail: detail, Resolution: ChooseAgain}
}

// Invalid returns the problem of a well-formed request with wrong fields.
func Invalid(fields ...Field) *Error {
	detail := "One field is not valid: " // the most frequent case reads as a whole sentence
	switch len(fields) {
	case 0:
		detail = "The request is not valid."
	case 1:
		detail += fields[0].Pointer + " " + fields[0].Message + "."
	default:
		detail = fmt.Sprintf("%d fields are not valid.", len(fields))
	}
	return &Error{
		Status: http.StatusUnprocessableEntity, Code: "invalid_request", Detail: detail,
		Resolution: FixRequest, Fields: fields,
	}
}

// TooMany returns the problem of a limit that was reached.
func TooMany(code, detail string, wait time.Duration) *Error {
	e := &Error{Status: http.StatusTooManyRequests, Code: code, Detail: detail, Resolution: Retry}
	return e.After(wait)
}

// Unavailable returns the problem of a service that is out of reach.
func Unavailable(code, detail string, wait time.Duration) *Error {
	e := &Error{
		Status:     http.StatusServiceUnavailable,
		Code:       code,
		Detail:     detail,
		Resolution: Retry,
	}
	return e.After(wait)
}
