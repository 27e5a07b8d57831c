// Package sdk is how Go programs use a shop. It adds to the generated client what every program
// would have to write again: sessions that refresh themselves, retries, errors to tell apart, and
// lists and answers to range over.
//
// Every operation of the contract is a method of [Shop]; CreateOrder is CreateOrderWithResponse,
// and what it answers is in the field JSON201 of the response. Answers other than success are
// errors, of type [*Problem] when the server gave them.
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

// Tokens are a session.
type Tokens struct{ Access, Refresh string }

// Options of New; the zero value is good.
type Options struct {
	Tokens    Tokens       // of an earlier session
	OnTokens  func(Tokens) // called whenever there are others, to store them; empty when there are none any more
	Attempts  int          // how often a call that may be repeated is made at most; 0: 4, 1: never again
	MaxWait   time.Duration
	Transport http.RoundTripper // nil: http.DefaultTransport, waiting for an answer up to a minute
}

// Shop is a shop and who is using it. It is safe for use by many goroutines.
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

// New returns the shop at an address such as https://shop.example.
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
	request, err := http.NewRequest(http.MethodGet, root, nil) //nolint:noctx // only its URL is read
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

// Tokens are the session of the account that is logged in; empty when none is.
func (s *Shop) Tokens() Tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// SignIn logs in with an e-mail address or a user name. The session is used by all calls from then
// on.
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

// SignOut ends the session, which is forgotten in any case.
func (s *Shop) SignOut(ctx context.Context) error {
	defer s.use(nil, Tokens{})
	_, err := s.LogoutWithResponse(ctx)
	if problem, ok := errors.AsType[*Problem](err); ok &&
		problem.Status == http.StatusUnauthorized {
		return nil // it had ended before
	}
	return err
}

// use takes other tokens into use, unless before is given and no longer what is in use.
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

// refresh exchanges spent tokens, once for all calls that found them spent, and answers what to use
// now. A caller that waits for it may give up; the exchange continues, as its result must not get
// lost.
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
