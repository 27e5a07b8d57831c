package stripepay

import (
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// newHTTPClient returns a client that waits at most timeout for a response and follows no redirect.
// If an idle connection turns out to be closed, net/http sends the request again on a new one. The
// idempotency key is the same, so Stripe does nothing twice.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	return &http.Client{
		Timeout:   timeout,
		Transport: &watched{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// watched distinguishes requests that were surely not sent from those that may have arrived.
type watched struct{ next http.RoundTripper }

// notSentError is the error of a request that never had a connection.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

// RoundTrip implements http.RoundTripper. It removes the headers in which the library describes the
// machine it runs on.
func (w *watched) RoundTrip(request *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request = request.Clone(ctx)
	request.Header.Del("X-Stripe-Client-User-Agent")
	request.Header.Set("User-Agent", "shopd")
	response, err := w.next.RoundTrip(request)
	if err != nil && !connected.Load() {
		return nil, &notSentError{err}
	}
	return response, err
}
