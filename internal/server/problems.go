package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

var (
	errInternal = &problem.Error{
		Status: http.StatusInternalServerError,
		Code:   "internal_error",
		Detail: "Something went wrong on our side. Try again, and tell the shop the request id " +
			"if it" +
			" stays.",
		Resolution: problem.Retry,
	}
	errNoRoute = problem.NotFound(
		"route_not_found", "There is nothing at this address. See /docs for what there is.",
	)
	errNoMethod = &problem.Error{
		Status:     http.StatusMethodNotAllowed,
		Code:       "method_not_allowed",
		Detail:     "This address does not have this method; Allow says which it has.",
		Resolution: problem.FixRequest,
	}
	errTooLarge = &problem.Error{
		Status:     http.StatusRequestEntityTooLarge,
		Code:       "body_too_large",
		Detail:     "The body is larger than this operation takes.",
		Resolution: problem.FixRequest,
	}
	errMalformed = problem.BadRequest("malformed_request", "The request cannot be read.")
	errDatabase  = problem.Unavailable(
		"dependency_unavailable",
		"The database did not answer in time. Try again in a few seconds.", 2*time.Second,
	)
	errFull = problem.Unavailable(
		"dependency_unavailable",
		"The database has no room left, so nothing was stored. Try again in some minutes.",
		30*time.Second,
	)
	errOutcome = problem.Unavailable(
		"outcome_unknown",
		"The database was lost while it confirmed this, and nobody knows whether it did. With an"+
			" Idempotency-Key send it again with the same key: it happens once. Without one look"+
			" before you do it again.",
		2*time.Second,
	)
	errBusy = problem.Unavailable(
		"busy", "Too many others are changing the same thing. Try again in a moment.", time.Second,
	)
	// 499 is nginx' status for a client that hung up. It appears in the log and the metrics only.
	errGone = &problem.Error{
		Status:     499,
		Code:       "client_closed_request",
		Detail:     "The client hung up before the answer was ready.",
		Resolution: problem.Retry,
	}
	errOutOfReach = problem.Unavailable(
		"timeout", "This took longer than it may. Try again in a moment.", time.Second,
	)
)

// ErrStopping is the cause by which requests are cancelled that are under way when the server ends.
var ErrStopping = problem.Unavailable(
	"shutting_down", "The server stops, and this took too long for it. Try again.", time.Second,
)

// classify returns the problem an error stands for; an error it does not know is an internal one.
func classify(err error) *problem.Error {
	var known *problem.Error
	if errors.As(err, &known) {
		return known
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooLarge.Detailf(
			"The body is larger than the %d bytes this operation takes.", tooLarge.Limit,
		)
	}
	var framework *echo.HTTPError
	if errors.As(err, &framework) {
		return classifyFramework(framework)
	}
	if errors.Is(err, postgres.ErrOutcomeUnknown) {
		return errOutcome.Because(err)
	}
	if errors.Is(err, context.Canceled) {
		return errGone.Because(err)
	}
	if p := classifyDatabase(err); p != nil {
		return p.Because(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errOutOfReach.Because(err)
	}
	return errInternal.Because(err)
}

// classifyFramework returns the problem of an error of the router or of the generated code that
// binds parameters. Their own texts name Go types.
func classifyFramework(err *echo.HTTPError) *problem.Error {
	switch err.Code {
	case http.StatusNotFound:
		return errNoRoute
	case http.StatusMethodNotAllowed:
		return errNoMethod
	case http.StatusRequestEntityTooLarge:
		return errTooLarge
	case http.StatusUnsupportedMediaType:
		return errMediaType
	case http.StatusBadRequest:
		text, _ := err.Message.(string)
		if _, rest, found := strings.Cut(text, "parameter "); found {
			name, _, _ := strings.Cut(rest, ":")
			return problem.Invalid(
				problem.Field{Pointer: "/" + name, Message: "is not of its type or out of range"},
			)
		}
		return errMalformed.Because(err)
	}
	return errInternal.Because(err)
}

// classifyDatabase returns the problem of a database that is unavailable or busy, or nil for other
// errors.
func classifyDatabase(err error) *problem.Error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "55P03", "40001", "40P01": // lock not available, serialization, deadlock
			return errBusy
		case "57014": // statement timeout
			return errOutOfReach
		case "53100", "53200": // disk full, out of memory
			return errFull
		case "22021": // a character the database cannot hold
			return errMalformed
		}
	}
	if postgres.IsAway(err) {
		return errDatabase
	}
	return nil
}

// writeProblem responds with the problem that err stands for, and logs its cause if it is ours.
func (s *Server) writeProblem(c echo.Context, err error) {
	p := classify(err)
	if errors.Is(p, errGone) && errors.Is(context.Cause(c.Request().Context()), ErrStopping) {
		p = ErrStopping.Because(err)
	}
	info := request.From(c.Request().Context())
	if p.Status >= http.StatusInternalServerError && p.Cause != nil {
		level := slog.LevelError
		if p.Status == http.StatusServiceUnavailable {
			level = slog.LevelWarn
		}
		s.log.Log(
			c.Request().Context(), level, p.Code, "request_id", info.ID, "operation",
			info.Operation, "error", p.Cause.Error(),
		)
	}
	if c.Response().Committed {
		return
	}
	header := c.Response().Header()
	header.Del("ETag")
	header.Del("Cache-Control")
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		challenge := `Bearer realm="shopd"`
		if p.Code == "invalid_token" {
			challenge += `, error="invalid_token"`
		}
		header.Set("WWW-Authenticate", challenge)
	}
	if p.Status == http.StatusRequestTimeout {
		header.Set("Connection", "close") // the rest of the body may still come
	}
	// Marshalling strings and numbers cannot fail.
	body, _ := json.Marshal(Problem(p, info.ID, c.Request().URL.Path))
	header.Set("Content-Type", "application/problem+json")
	c.Response().WriteHeader(p.Status)
	_, _ = c.Response().Write(body) // the client may be gone
}

// Problem returns a problem as clients receive it (RFC 9457).
func Problem(p *problem.Error, requestID, path string) api.Problem {
	body := api.Problem{
		Type: problemBase + p.Code, Title: http.StatusText(p.Status), Status: int32(p.Status),
		Code: p.Code, Detail: p.Detail, RequestID: requestID,
	}
	if path != "" {
		body.Instance = &path
	}
	if p.Resolution != "" {
		resolution := api.Resolution(p.Resolution)
		body.Resolution = &resolution
	}
	for _, f := range p.Fields {
		body.Errors = append(body.Errors, api.FieldError{Pointer: f.Pointer, Message: f.Message})
	}
	return body
}
