package sdk

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"
)

const idempotencyKey = "Idempotency-Key"

// doer makes the calls of the generated client.
type doer struct{ shop *Shop }

// Do sends a request as the account that is logged in, and repeats it as necessary and allowed. A
// response without success is an error.
func (d doer) Do(r *http.Request) (*http.Response, error) {
	s := d.shop
	if r.Header.Get(idempotencyKey) == "" && s.takesKey(r) {
		r.Header.Set(idempotencyKey, rand.Text())
	}
	tokens := s.Tokens()
	if s.opensSession(r) || r.Header.Get("Authorization") != "" {
		tokens = Tokens{}
	}
	response, err := s.repeat(r, tokens)
	if err == nil && response.StatusCode == http.StatusUnauthorized && tokens.Refresh != "" {
		response, err = s.again(r, tokens, response)
	}
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, readProblem(response)
	}
	return response, nil
}

// again repeats a request whose token was refused, if there is another one now.
func (s *Shop) again(
	r *http.Request, spent Tokens, refused *http.Response,
) (*http.Response, error) {
	tokens, err := s.refresh(r.Context(), spent)
	if err != nil {
		_ = refused.Body.Close()
		return nil, err
	}
	if tokens == (Tokens{}) || r.Body != nil && r.GetBody == nil {
		return refused, nil
	}
	_ = refused.Body.Close()
	return s.repeat(r, tokens)
}

// repeat sends a request until its response is final.
func (s *Shop) repeat(r *http.Request, tokens Tokens) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		once := r.Clone(r.Context())
		if tokens.Access != "" {
			once.Header.Set("Authorization", "Bearer "+tokens.Access)
		}
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			once.Body = body
		}
		response, err := s.http.Do(once)
		if attempt >= s.options.Attempts || !isRepeatable(r) || r.Context().Err() != nil {
			return response, err
		}
		wait := backoff(attempt)
		if err == nil {
			if !isPassing(response) {
				return response, nil
			}
			if wait = max(wait, retryAfter(response)); wait > s.options.MaxWait {
				return response, nil
			}
			_ = response.Body.Close()
		}
		if err := sleep(r.Context(), min(wait, s.options.MaxWait)); err != nil {
			return nil, err
		}
	}
}

// isRepeatable reports whether sending a request twice does no harm.
func isRepeatable(r *http.Request) bool {
	if r.Body != nil && r.GetBody == nil {
		return false
	}
	return r.Method == http.MethodGet || r.Method == http.MethodHead ||
		r.Header.Get(idempotencyKey) != ""
}

// isPassing reports whether the same call may succeed a little later. The response can still be
// read.
func isPassing(response *http.Response) bool {
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return true
	case http.StatusConflict:
		text, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(text))
		var problem struct{ Code string }
		return err == nil && json.Unmarshal(text, &problem) == nil &&
			problem.Code == "idempotency_in_flight"
	}
	return false
}

// backoff returns the wait after an attempt: 0.2 s, doubled each time up to 5 s, of which up to a
// half is random.
func backoff(attempt int) time.Duration {
	whole := min(200*time.Millisecond<<min(attempt-1, 10), 5*time.Second)
	return whole/2 + mathrand.N(whole/2)
}

func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// takesKey reports whether the contract has an Idempotency-Key for a request.
func (s *Shop) takesKey(r *http.Request) bool {
	bare := *r
	address := *r.URL
	address.Path, address.RawPath = strings.TrimPrefix(address.Path, s.base), ""
	bare.URL, bare.Host = &address, ""
	_, pattern := s.keyed.Handler(&bare)
	return pattern != ""
}

// opensSession reports whether a call begins a session, and is made without one.
func (s *Shop) opensSession(r *http.Request) bool {
	switch strings.TrimPrefix(r.URL.Path, s.base) {
	case "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/register":
		return true
	}
	return false
}
