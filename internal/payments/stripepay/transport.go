package stripepay

import (
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// newHTTPClient waits at most timeout for an answer and follows no redirect: a payment goes where
// it is sent. If a connection that was kept open turns out to be gone, net/http sends the request
// once more on a new one; as the idempotency key is the same, Stripe does nothing twice.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	return &http.Client{
		Timeout:       timeout,
		Transport:     &watched{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// watched tells requests that surely were not sent from those that may have arrived.
type watched struct{ next http.RoundTripper }

// notSentError is a request that never had a connection.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

// RoundTrip also drops what the library tells of the machine it runs on.
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
