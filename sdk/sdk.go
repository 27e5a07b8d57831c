// Package sdk is the client of a shop for Go programs. It adds to the generated client what every
// program would have to write again: sessions that refresh themselves, retries, typed errors, and
// iterators over lists and over the assistant's answer.
//
// Every operation of the contract is a method of [Shop]: createOrder is CreateOrderWithResponse,
// and the body of its response is in the field JSON201. A response without success is an error, of
// type [*Problem] if the server sent it.
package sdk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/shopd/shopd/gen/client"
)

// Tokens are the tokens of a session.
type Tokens struct{ Access, Refresh string }

// Options of New. The zero value is usable.
type Options struct {
	Tokens Tokens // of an earlier session
	// OnTokens, if set, is called with new tokens, to store them; with empty ones when the session
	// has ended.
	OnTokens func(Tokens)
	Attempts int           // how often a call that may be repeated is made at most; 0: 4
	MaxWait  time.Duration // longest wait between two attempts; 0: 30 seconds
	// Transport is http.DefaultTransport if it is nil, with a timeout of a minute for a response.
	Transport http.RoundTripper
}

// Shop is the client of a shop, with the session of an account. Many goroutines may use it.
type Shop struct {
	*client.ClientWithResponses

	options   Options
	http      *http.Client
	keyed     *http.ServeMux // has the operations that take an Idempotency-Key
	base      string         // path of the server's address
	refreshes singleflight.Group

	mu     sync.Mutex
	tokens Tokens
}

// New returns the client of the shop at an address such as https://shop.example.
func New(address string, o Options) (*Shop, error) {
	if o.Attempts == 0 {
		o.Attempts = 4
	}
	if o.MaxWait == 0 {
		o.MaxWait = 30 * time.Second
	}
	if o.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = time.Minute
		o.Transport = transport
	}
	root := strings.TrimRight(address, "/")
	//nolint:noctx // only its URL is read
	request, err := http.NewRequest(http.MethodGet, root, nil)
	if err != nil {
		return nil, err
	}
	if request.URL.Host == "" {
		return nil, fmt.Errorf(
			"the address of the shop is %q: it needs a scheme and a host", address,
		)
	}
	s := &Shop{
		options: o,
		http:    &http.Client{Transport: o.Transport},
		keyed:   http.NewServeMux(),
		base:    request.URL.Path,
		tokens:  o.Tokens,
	}
	for _, pattern := range client.TakesIdempotencyKey {
		s.keyed.HandleFunc(pattern, http.NotFound)
	}
	s.ClientWithResponses, err = client.NewClientWithResponses(
		request.URL.String(), client.WithHTTPClient(doer{s}),
	)
	return s, err
}

// Tokens returns the tokens of the account that is logged in; empty ones if none is.
func (s *Shop) Tokens() Tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// SignIn logs in with an e-mail address or a user name. All further calls use the session.
func (s *Shop) SignIn(ctx context.Context, name, password string) (client.User, error) {
	credentials := client.LoginRequest{Password: password}
	if strings.Contains(name, "@") {
		credentials.Email = &name
	} else {
		credentials.Username = &name
	}
	response, err := s.LoginWithResponse(ctx, nil, credentials)
	if err != nil {
		return client.User{}, err
	}
	s.use(nil, Tokens{Access: response.JSON200.AccessToken, Refresh: response.JSON200.RefreshToken})
	return response.JSON200.User, nil
}

// SignOut ends the session. Its tokens are dropped even if the call fails.
func (s *Shop) SignOut(ctx context.Context) error {
	defer s.use(nil, Tokens{})
	_, err := s.LogoutWithResponse(ctx)
	if problem, ok := errors.AsType[*Problem](err); ok &&
		problem.Status == http.StatusUnauthorized {
		return nil // it had ended before
	}
	return err
}

// use replaces the tokens. If before is set, it does so only while before is still current.
func (s *Shop) use(before *Tokens, tokens Tokens) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before != nil && s.tokens != *before || s.tokens == tokens {
		return
	}
	s.tokens = tokens
	if s.options.OnTokens != nil {
		s.options.OnTokens(tokens)
	}
}

// refresh exchanges spent tokens, once for all calls that found them spent, and returns the current
// tokens. If a caller gives up, the exchange continues, because its result must not get lost.
func (s *Shop) refresh(ctx context.Context, spent Tokens) (Tokens, error) {
	result := s.refreshes.DoChan(spent.Refresh, func() (any, error) {
		if s.Tokens() != spent {
			return nil, nil // another call was faster, or the session is over
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		response, err := s.RefreshTokenWithResponse(
			ctx, client.RefreshRequest{RefreshToken: spent.Refresh},
		)
		if problem, ok := errors.AsType[*Problem](err); ok &&
			problem.Status == http.StatusUnauthorized {
			s.use(&spent, Tokens{})
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		s.use(
			&spent,
			Tokens{Access: response.JSON200.AccessToken, Refresh: response.JSON200.RefreshToken},
		)
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return Tokens{}, ctx.Err()
	case done := <-result:
		return s.Tokens(), done.Err
	}
}
