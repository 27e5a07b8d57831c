package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/request"
)

const csrfHeader = "X-CSRF-Token"

// accessToken returns the token of the Authorization header, or that of the cookie if the request
// has no such header. The other one is ignored. Of two headers a proxy may have judged the other
// one, so that both are refused.
func accessToken(r *http.Request, info *request.Info) (string, error) {
	if len(r.Header.Values(echo.HeaderAuthorization)) > 1 {
		return "", errTokens
	}
	if header := r.Header.Get(echo.HeaderAuthorization); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "bearer") {
			return "", errScheme
		}
		return strings.TrimSpace(token), nil
	}
	cookie, err := r.Cookie(request.AccessCookie)
	if err != nil || cookie.Value == "" {
		return "", errNoToken
	}
	info.UsesCookies = true
	return cookie.Value, nil
}

// readCookies stores what a browser sends to have its tokens exchanged.
func readCookies(r *http.Request, info *request.Info) {
	if cookie, err := r.Cookie(request.RefreshCookie); err == nil {
		info.RefreshCookie = cookie.Value
	}
	info.CSRFToken = r.Header.Get(csrfHeader)
}

// isSafe reports whether a method changes nothing (RFC 9110, section 9.2.1).
func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// isLocalhost reports whether a Host header names localhost, with or without a port.
func isLocalhost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost"
}
