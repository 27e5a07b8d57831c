package gemini

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/shopd/shopd/internal/assistant/provider"
)

// How often a call is tried again. A person waits for an answer, a worker for vectors.
const (
	embedRetries    = 2
	generateRetries = 1
)

// call runs one operation within the timeout and tries again after what may pass: 500, 502, 503, 504 and
// broken connections. A quota (429) is the caller's to wait for. The error is one of package provider's,
// or that of the caller's context.
func (p *Provider) call(parent context.Context, to target, retries int, operation func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	var err error
	for attempt := 0; attempt <= retries; attempt++ {
		if attempt > 0 && !p.pause(ctx, attempt) {
			break
		}
		if err = operation(ctx); err == nil {
			return nil
		}
		if ctx.Err() != nil || !mayPass(err) {
			break
		}
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	if ctx.Err() != nil {
		return &provider.UnavailableError{Reason: "no answer within " + p.timeout.String()}
	}
	return p.explain(err, to)
}

// pause waits before the given attempt: twice as long each time, between half and all of it at random so
// that many callers do not come back at once. It answers false, at once, when less than a third of the
// timeout would be left: an attempt that cannot finish only costs money.
func (p *Provider) pause(ctx context.Context, attempt int) bool {
	wait := p.backoff << (attempt - 1)
	wait = wait/2 + rand.N(wait/2+1)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait+p.timeout/3 {
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
	if _, broken := asBroken(err); broken {
		return false
	}
	var f *failure
	if errors.As(err, &f) {
		switch f.status {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var broken *url.Error // what net/http makes of every connection that failed
	return errors.As(err, &broken)
}
