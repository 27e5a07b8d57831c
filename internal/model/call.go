package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Failure is an HTTP response with another status than 200.
type Failure struct {
	Status int
	Header http.Header
	Body   []byte
}

func (f *Failure) Error() string { return fmt.Sprintf("HTTP status %d", f.Status) }

// BrokenStream marks an error that must not be retried, since a part of the answer was sent
// already.
type BrokenStream struct{ Cause error }

func (e *BrokenStream) Error() string { return "the stream broke off: " + e.Cause.Error() }

// Caller runs the HTTP calls of a provider, with a timeout and retries.
type Caller struct {
	Timeout time.Duration // of one call with all its attempts
	Backoff time.Duration // the first pause between attempts; doubles
	Key     string        // is removed from error texts; may be empty
}

// Call runs one operation within the timeout. After a temporary failure (500, 502, 503, 504 or a
// broken connection) it retries, at most so many times. It does not wait for a quota (429). All
// calls only read, so a retry is safe; it costs at most tokens. The error is one of this package,
// or that of the caller's context. explain returns the error of a Failure.
func (c *Caller) Call(
	parent context.Context, retries int, explain func(*Failure) error,
	operation func(context.Context) error,
) error {
	ctx, cancel := context.WithTimeout(parent, c.Timeout)
	defer cancel()
	var err error
	for attempt := 0; ; attempt++ {
		if err = operation(ctx); err == nil {
			return nil
		}
		if attempt == retries || ctx.Err() != nil || !mayPass(err) || !c.pause(ctx, attempt) {
			break
		}
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	if ctx.Err() != nil {
		return &UnavailableError{Reason: "no answer within " + c.Timeout.String()}
	}
	return c.explained(err, explain)
}

// pause waits before the next attempt, twice as long each time. It waits for a random part between
// half and all of that, so that many callers do not retry at the same moment. It returns false
// without waiting if less than a third of the timeout would be left: an attempt that cannot finish
// only costs money.
func (c *Caller) pause(ctx context.Context, attempt int) bool {
	wait := c.Backoff << attempt
	wait = wait/2 + rand.N(wait/2+1)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait+c.Timeout/3 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mayPass reports whether the same call may succeed a moment later.
func mayPass(err error) bool {
	var stream *BrokenStream
	var f *Failure
	var broken *url.Error // net/http returns it for every failed connection
	switch {
	case errors.As(err, &stream):
		return false
	case errors.As(err, &f):
		switch f.Status {
		case http.StatusInternalServerError,
			http.StatusBadGateway,
			http.StatusServiceUnavailable,
			http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return errors.As(err, &broken)
}

// explained converts any error of a call to an error of this package.
func (c *Caller) explained(err error, explain func(*Failure) error) error {
	var stream *BrokenStream
	if errors.As(err, &stream) {
		err = stream.Cause
	}
	var (
		config *ConfigError
		out    *UnavailableError
		f      *Failure
		broken *url.Error
	)
	switch {
	case errors.Is(err, ErrBlocked), errors.As(err, &config), errors.As(err, &out):
		return err
	case errors.As(err, &f):
		return explain(f)
	case errors.As(err, &broken): // only the cause: the whole text contains the address
		return &UnavailableError{Reason: c.OneLine("connection failed: " + broken.Err.Error())}
	}
	return &UnavailableError{Reason: c.OneLine("unreadable answer: " + err.Error())}
}

// OneLine returns a text of a service as one short line for the log, without the key, which
// services quote in their messages.
func (c *Caller) OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if c.Key != "" {
		s = strings.ReplaceAll(s, c.Key, "[key]")
	}
	return Cut(s, 300)
}
