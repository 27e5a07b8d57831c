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

// Failure is an HTTP answer other than 200.
type Failure struct {
	Status int
	Header http.Header
	Body   []byte
}

func (f *Failure) Error() string { return fmt.Sprintf("HTTP status %d", f.Status) }

// BrokenStream keeps an error from being tried again: a part of the answer is out already.
type BrokenStream struct{ Cause error }

func (e *BrokenStream) Error() string { return "the stream broke off: " + e.Cause.Error() }

// Caller calls a service over HTTP on behalf of a provider.
type Caller struct {
	Timeout time.Duration // of one call with all its attempts
	Backoff time.Duration // the first pause between attempts; doubles
	Key     string        // which no error may hold; may be empty
}

// Call runs one operation within the timeout, and so many times again after what may pass: 500,
// 502, 503, 504 and broken connections. A quota (429) is the caller's to wait for. All calls only
// read, so trying again is safe; it costs tokens at most. The error is one of this package's, which
// explain makes of a Failure, or that of the caller's context.
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

// pause waits before the next attempt: twice as long each time, between half and all of it at
// random so that many callers do not come back at once. It answers false, at once, when less than a
// third of the timeout would be left: an attempt that cannot finish only costs money.
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

// mayPass says whether the same call may succeed a moment later.
func mayPass(err error) bool {
	var stream *BrokenStream
	var f *Failure
	var broken *url.Error // what net/http makes of every connection that failed
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

// explained turns any error of a call into one of this package's.
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
	case errors.As(err, &broken): // its own text has the address; the cause is enough
		return &UnavailableError{Reason: c.OneLine("connection failed: " + broken.Err.Error())}
	}
	return &UnavailableError{Reason: c.OneLine("unreadable answer: " + err.Error())}
}

// OneLine makes a foreign text fit for a log line. Services quote the key in their messages.
func (c *Caller) OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if c.Key != "" {
		s = strings.ReplaceAll(s, c.Key, "[key]")
	}
	return Cut(s, 300)
}
