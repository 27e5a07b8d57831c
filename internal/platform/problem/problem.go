// Package problem holds the errors that clients see. A domain declares each of its errors once;
// handlers return them like any other error, and the server turns them into RFC 9457 problems.
// Every other error is a fault of ours: 500, logged with its cause, which clients do not see.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Resolution says who can mend a problem, and how.
type Resolution string

// The ways out.
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

// Error is a problem for the client. Errors with the same Code are the same kind to errors.Is.
type Error struct {
	Status     int
	Code       string // stable snake_case word for programs
	Detail     string // what happened and what to do, for people; never an internal
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
// or budget is used up (429): something else may stand in for it, or the same call works later.
func IsOutage(err error) bool {
	var p *Error
	return errors.As(err, &p) &&
		(p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests)
}

// Because returns a copy with the cause that the log will show.
func (e *Error) Because(cause error) *Error {
	copied := *e
	copied.Cause = cause
	return &copied
}

// After returns a copy that asks the client to wait; whole seconds, at least one.
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

// BadRequest is a malformed request, or a step the resource's state does not allow.
func BadRequest(code, detail string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Detail: detail, Resolution: FixRequest}
}

// Unauthorized is a missing or refused credential.
func Unauthorized(code, detail string) *Error {
	return &Error{
		Status:     http.StatusUnauthorized,
		Code:       code,
		Detail:     detail,
		Resolution: FixRequest,
	}
}

// Forbidden is a right the account does not have.
func Forbidden(code, detail string) *Error {
	return &Error{Status: http.StatusForbidden, Code: code, Detail: detail, Resolution: ContactShop}
}

// NotFound is a resource that is not there or not the caller's; the two look the same.
func NotFound(code, detail string) *Error {
	return &Error{Status: http.StatusNotFound, Code: code, Detail: detail, Resolution: ChooseAgain}
}

// Conflict is a clash with the current state.
func Conflict(code, detail string) *Error {
	return &Error{Status: http.StatusConflict, Code: code, Detail: detail, Resolution: ChooseAgain}
}

// Invalid is a well-formed request whose fields are wrong.
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

// TooMany is a limit that was reached.
func TooMany(code, detail string, wait time.Duration) *Error {
	e := &Error{Status: http.StatusTooManyRequests, Code: code, Detail: detail, Resolution: Retry}
	return e.After(wait)
}

// Unavailable is a dependency that is out of reach.
func Unavailable(code, detail string, wait time.Duration) *Error {
	e := &Error{
		Status:     http.StatusServiceUnavailable,
		Code:       code,
		Detail:     detail,
		Resolution: Retry,
	}
	return e.After(wait)
}
