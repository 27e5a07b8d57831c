package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// getCategory, and whatever the server refuses: pages of an allowed origin can read every kind of
// response and its headers; pages of other origins read none.
func TestCORSReachesEveryAnswer(t *testing.T) {
	t.Parallel()
	const page = "https://shop.example.com"
	origin := apitest.Header{Name: "Origin", Value: page}
	shop := apitest.Demo(t, cacheOn, apitest.Setting{Name: "CORS_ALLOWED_ORIGINS", Value: page})
	product := "/api/v1/products?limit=1"
	tag := shop.Get("/api/v1/categories/1").Want(http.StatusOK).Header.Get("ETag")
	type call struct {
		name, method, path string
		body               any
		header             apitest.Header
		status             int
	}
	login := "/api/v1/auth/login"
	for _, one := range []call{
		{name: "made for the cache", path: product, status: 200},
		{name: "from the cache", path: product, status: 200},
		{name: "known, from the cache", path: "/api/v1/categories/1", status: 304,
			header: apitest.Header{Name: "If-None-Match", Value: tag}},
		{name: "HEAD of the cache", method: http.MethodHead, path: product, status: 200},
		{name: "problem of a cached operation", path: "/api/v1/products/424242", status: 404},
		{name: "invalid for a cached operation", path: "/api/v1/products?limit=0", status: 422},
		{name: "unknown parameter", path: "/api/v1/brands?colour=red", status: 422},
		{name: "not cached", path: "/api/v1/payment-types", status: 200},
		{name: "without a token", path: "/api/v1/auth/me", status: 401},
		{name: "with an expired token", path: "/api/v1/auth/me", status: 401,
			header: apitest.Header{Name: "Authorization", Value: "Bearer expired"}},
		{name: "malformed", path: login, status: 400,
			body: apitest.Raw{ContentType: "application/json", Content: "{"}},
		{name: "of another media type", path: login, status: 415,
			body: apitest.Raw{ContentType: "text/plain", Content: "{}"}},
		{name: "invalid", path: login, status: 422, body: map[string]any{"email": 1}},
		{name: "too large", path: login, status: 413, body: apitest.Raw{
			ContentType: "application/json", Content: `"` + strings.Repeat("a", 2<<20) + `"`,
		}},
		{name: "wrong password", path: login, status: 401,
			body: map[string]any{"email": "ada@example.com", "password": "not the password"}},
		{name: "no operation", path: "/api/v1/nothing", status: 404},
		{name: "another method", method: http.MethodDelete, path: product, status: 405},
		{name: "misrouted", path: "/api/v1/payments/1/and/more", status: 404},
		{name: "the contract", path: "/openapi.json", status: 200},
		{name: "a stream", path: "/api/v1/rag/query", body: map[string]any{"query": "headphones"},
			header: apitest.Header{Name: "Accept", Value: "text/event-stream"}, status: 200},
	} {
		t.Run(one.name, func(t *testing.T) {
			method := one.method
			switch {
			case method == "" && one.body == nil:
				method = http.MethodGet
			case method == "":
				method = http.MethodPost
			}
			headers := []apitest.Header{origin}
			if one.header.Name != "" {
				headers = append(headers, one.header)
			}
			answer := shop.Call(method, one.path, one.body, headers...)
			require.Equal(t, one.status, answer.Status, "%.200s", answer.Body)
			assert.Equal(t, []string{page}, answer.Header["Access-Control-Allow-Origin"])
			assert.Equal(t, "true", answer.Header.Get("Access-Control-Allow-Credentials"))
			assert.Contains(t, answer.Header["Vary"], "Origin")
			exposed := strings.Split(answer.Header.Get("Access-Control-Expose-Headers"), ",")
			for name := range contract(t).Components.Headers {
				if !slices.Contains(notExposed, name) {
					assert.Contains(t, exposed, name)
				}
			}
			assert.Contains(t, exposed, "X-Request-Id")
			if method == http.MethodGet {
				stranger := apitest.Header{Name: "Origin", Value: "https://evil.example"}
				answer = shop.Get(one.path, stranger)
				assert.Empty(t, answer.Header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
}

// notExposed are headers that every page may read, or that mean nothing to scripts.
var notExposed = []string{"Cache-Control", "Content-Security-Policy"}
