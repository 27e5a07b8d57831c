package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strconv"
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// refreshPath is the only path browsers send the refresh token to.
const refreshPath = "/api/v1/auth"

// ErrCSRF refuses a change by cookie that a page of another origin may have sent.
var ErrCSRF = problem.Forbidden(
	"csrf_token_missing", "Send the value of the cookie csrf_token as X-CSRF-Token.",
)

// setCookies sets the tokens of a pair as cookies that scripts cannot read, and a CSRF token as one
// that they can. Clients must send its value back in a header, which pages of other origins cannot.
// It is bound to the session, so a cookie planted by another site is useless.
func (i *Identity) setCookies(ctx context.Context, session int64, pair tokenPair) {
	info := request.From(ctx)
	set := func(name, value, path string, hidden bool, site http.SameSite, lifetime time.Duration) {
		info.SetCookie(&http.Cookie{
			Name:     name,
			Value:    value,
			Path:     path,
			MaxAge:   int(lifetime.Seconds()),
			HttpOnly: hidden,
			Secure:   true,
			SameSite: site,
		})
	}
	set(
		request.AccessCookie, pair.access, "/", true, http.SameSiteLaxMode,
		i.settings.AccessLifetime,
	)
	set(
		request.RefreshCookie, pair.refresh, refreshPath, true, http.SameSiteStrictMode,
		i.settings.RefreshLifetime,
	)
	set(
		request.CSRFCookie, i.csrfToken(session), "/", false, http.SameSiteLaxMode,
		i.settings.RefreshLifetime,
	)
}

// clearCookies removes the cookies of a browser that uses them.
func clearCookies(ctx context.Context) {
	info := request.From(ctx)
	if !info.UsesCookies {
		return
	}
	paths := map[string]string{
		request.AccessCookie:  "/",
		request.RefreshCookie: refreshPath,
		request.CSRFCookie:    "/",
	}
	for name, path := range paths {
		info.SetCookie(&http.Cookie{
			Name:     name,
			Path:     path,
			MaxAge:   -1,
			HttpOnly: name != request.CSRFCookie,
			Secure:   true,
		})
	}
}

func (i *Identity) csrfToken(session int64) string {
	mac := hmac.New(sha256.New, i.settings.Secret)
	_, _ = mac.Write([]byte("csrf:" + strconv.FormatInt(session, 10))) // never fails
	return base64URL(mac.Sum(nil))
}

// CheckCSRF returns ErrCSRF unless the request's X-CSRF-Token belongs to the session.
func (i *Identity) CheckCSRF(ctx context.Context, session int64) error {
	if !hmac.Equal([]byte(request.From(ctx).CSRFToken), []byte(i.csrfToken(session))) {
		return ErrCSRF
	}
	return nil
}
