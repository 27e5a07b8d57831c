package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/apikeys"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/ratelimit"
	"github.com/shopd/shopd/internal/platform/request"
)

var (
	errNoToken = problem.Unauthorized(
		"missing_token", "Log in and send the access token as Authorization: Bearer.",
	)
	errScheme = problem.Unauthorized("invalid_token", "Only Bearer tokens are understood.")
	errTokens = problem.Unauthorized(
		"invalid_token", "The request has more than one Authorization header. Send one.",
	)
	errNoAccount = problem.Unauthorized(
		"account_required",
		"An API key speaks for no account. Call this with the access token of one.",
	)
	errScopeMissing = problem.Forbidden("scope_missing", "The API key lacks a scope.")
	errForbidden    = problem.Forbidden("forbidden", "The account may not do this.")
	errOrigin       = problem.Forbidden(
		"cross_origin",
		"Browsers may send this from the shop's own pages alone, and from the origins of "+
			"CORS_ALLOWED_ORIGINS.",
	)
)

// admit passes requests for operations to guard. It runs inside cors, so that pages of allowed
// origins can read every refusal.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if op := s.operationOf(c); op != nil {
			return s.guard(c, op, request.From(c.Request().Context()), next)
		}
		if isMisrouted(c) {
			return s.refuseMisrouted(c)
		}
		return next(c)
	}
}

// guard passes a request on to its handler if it meets everything the contract demands. The order
// matters: a body is capped before anything reads it, and a caller without the right to call does
// not make the validator work.
func (s *Server) guard(
	c echo.Context, op *operation, info *request.Info, next echo.HandlerFunc,
) error {
	r := c.Request()
	base := r.Context()
	ctx, cancel := context.WithTimeout(base, op.timeout)
	defer cancel()
	r = r.WithContext(ctx)
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet // in our copy: net/http still leaves the body out
	}
	c.SetRequest(r)

	if op.zips {
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	}
	if r.ContentLength > op.maxBody {
		return &http.MaxBytesError{Limit: op.maxBody}
	}
	// A form on another site can log a browser in: neither cookies nor preflights prevent that.
	if err := s.origins.Check(r); err != nil {
		return errOrigin
	}
	r.Body = http.MaxBytesReader(c.Response().Writer, timedBody{r.Body}, op.maxBody)
	readCookies(r, info)
	if op.role != "" {
		if err := s.authorize(op, info, r); err != nil {
			return err
		}
	}
	if err := s.limit(c, op, info); err != nil {
		return err
	}
	if len(op.media) > 0 && !op.isMultipart(r) {
		next = restarted(base, op, next)
	}
	if op.cacheFor == 0 {
		return answer(c, op, next)
	}
	if s.pages == nil {
		return answer(c, op, s.turningSales(next))
	}
	return s.cached(c, op, next)
}

// restarted returns a handler that has the operation's whole timeout from when it is called: a body
// that arrived slowly took none of it.
func restarted(base context.Context, op *operation, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(base, op.timeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// answer validates a request that passed the guards and runs its handler.
func answer(c echo.Context, op *operation, next echo.HandlerFunc) error {
	if err := op.validate(c); err != nil {
		return err
	}
	defer shapeResponse(c, op)()
	return next(c)
}

// authorize authenticates the caller and refuses one whose role does not suffice.
func (s *Server) authorize(op *operation, info *request.Info, r *http.Request) error {
	token, err := accessToken(r, info)
	if op.guests && errors.Is(err, errNoToken) {
		return nil // a guest; a token that is sent must be valid, though
	}
	if err != nil {
		return err
	}
	if strings.HasPrefix(token, apikeys.Prefix) && !info.UsesCookies {
		return s.authorizeKey(r.Context(), op, info, token)
	}
	principal, err := s.authenticate(r.Context(), token)
	if err != nil {
		return err
	}
	if info.UsesCookies && !isSafe(r.Method) {
		if err := s.checkCSRF(r.Context(), principal.SessionID); err != nil {
			return err
		}
	}
	info.Principal = principal
	if principal.Rank < s.ranks[op.role] {
		return errForbidden.Detailf("This needs the role %s.", op.role)
	}
	return nil
}

// authorizeKey authenticates an API key and refuses one without the operation's scope. Only
// operations of the staff have one.
func (s *Server) authorizeKey(
	ctx context.Context, op *operation, info *request.Info, token string,
) error {
	key, err := s.authKey(ctx, token, info.Address)
	if err != nil {
		return err
	}
	info.Principal = request.Principal{Key: key}
	switch {
	case op.scope == "":
		return errNoAccount
	case !slices.Contains(key.Scopes, op.scope):
		return errScopeMissing.Detailf("This needs an API key with the scope %s.", op.scope)
	}
	return nil
}

// limit counts the call under each of the operation's rate limits. The response's headers describe
// the one with the fewest calls left.
func (s *Server) limit(c echo.Context, op *operation, info *request.Info) error {
	if !s.limiter.Enabled() {
		return nil
	}
	counters := op.countersFor(info)
	if len(counters) == 0 {
		return nil
	}
	var tightest ratelimit.Result
	for i, counter := range counters {
		got := s.limiter.Allow(c.Request().Context(), counter.key, counter.Limit)
		if i == 0 || got.Remaining < tightest.Remaining || !got.Allowed {
			tightest = got
		}
		if !got.Allowed {
			break
		}
	}
	header := c.Response().Header()
	header.Set("RateLimit-Limit", strconv.Itoa(tightest.Limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(tightest.Remaining))
	header.Set("RateLimit-Reset", wholeSeconds(tightest.Reset))
	if !tightest.Allowed {
		return problem.TooMany(
			"rate_limited",
			fmt.Sprintf(
				"Too many requests. Try again in %s seconds.",
				wholeSeconds(max(tightest.RetryAfter, time.Second)),
			),
			tightest.RetryAfter,
		)
	}
	return nil
}

// counter is a number of calls that is bounded.
type counter struct {
	ratelimit.Limit
	key string
}

// countersFor returns what a call counts under: the operation's rate limits, and that of the API
// key it is made with.
func (op *operation) countersFor(info *request.Info) (counters []counter) {
	for _, rule := range op.limits {
		key := op.id + ":a:" + addressKey(info)
		if rule.perUser {
			key = op.id + ":u:" + strconv.FormatInt(info.Principal.Owner(), 10)
		}
		counters = append(counters, counter{rule.Limit, key})
	}
	if key := info.Principal.Key; key != nil && key.CallsPerMinute > 0 {
		limit := ratelimit.Limit{Calls: key.CallsPerMinute, Window: time.Minute}
		counters = append(counters, counter{limit, "key:" + strconv.FormatInt(key.ID, 10)})
	}
	return counters
}

// addressKey returns what the calls from an address are counted under. All addresses of an IPv6 /64
// are one caller's.
func addressKey(info *request.Info) string {
	if info.Address.Is6() {
		if prefix, err := info.Address.WithZone("").Prefix(64); err == nil {
			return prefix.Addr().String()
		}
	}
	return info.Address.String()
}

func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}
