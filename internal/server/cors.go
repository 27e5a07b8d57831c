package server

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// preflightAge is for how many seconds a browser may remember what cors allowed.
const preflightAge = 600

// cors lets pages of the listed origins, and of no other, call the API and read its responses.
func cors(origins []string) echo.MiddlewareFunc {
	if len(origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins: origins,
		AllowMethods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
			http.MethodDelete,
		},
		AllowHeaders: []string{
			"Authorization", "Content-Type", "If-Match", "If-None-Match", "If-Range",
			"Idempotency-Key", "Range", "X-Cart-Token", csrfHeader, requestIDHeader,
		},
		// Scripts may read these headers in addition to those that every page may read.
		ExposeHeaders: []string{
			"Accept-Ranges", "Age", "Allow", "Content-Disposition", "Content-Range", "Deprecation",
			"ETag", "Idempotent-Replayed", "RateLimit-Limit", "RateLimit-Remaining",
			"RateLimit-Reset", "Retry-After", "Sunset", "WWW-Authenticate",
			"X-Assistant-Provider", requestIDHeader,
		},
		AllowCredentials: true,
		MaxAge:           preflightAge,
	})
}
