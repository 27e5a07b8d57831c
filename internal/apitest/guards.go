package apitest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
)

// Guards tries on every operation of a tag what the contract demands of all: a token, a role, a
// media type, a rate limit, parameters of their type. A new operation is covered the moment it is
// in the contract.
func Guards(t *testing.T, tag string) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	shop := New(t)
	customer, admin := shop.Customer(), shop.Admin()
	// An API key with a rate limit of its own gets one call through here, once for each operation.
	var keeper Caller
	limited := sync.OnceValue(func() *Shop {
		shop := New(t, Setting{"RATE_LIMIT_FACTOR", "0.000001"})
		keeper = shop.Admin()
		return shop
	})
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if !slices.Contains(operation.Tags, tag) {
				continue
			}
			address := example(path)
			public := len(*operation.Security) == 0
			guests := slices.ContainsFunc(
				*operation.Security,
				func(r openapi3.SecurityRequirement) bool { return len(r) == 0 },
			)
			role := operation.Extensions["x-role"]
			t.Run(operation.OperationID, func(t *testing.T) {
				shop := Caller{t: t, url: shop.url, shop: shop.shop}
				if !public && !guests {
					answer := shop.Call(method, address, nil)
					answer.Problem(http.StatusUnauthorized, "missing_token")
					assert.NotEmpty(t, answer.Header.Get("WWW-Authenticate"))
				}
				if !public {
					shop.As("no.such.token").
						Call(method, address, nil).
						Problem(http.StatusUnauthorized, "invalid_token")
					shop.Call(method, address, nil, Header{"Authorization", "Basic YTpi"}).
						Problem(http.StatusUnauthorized, "invalid_token")
				}
				if role == "administrator" || role == "staff" {
					shop.As(customer.token).
						Call(method, address, nil).
						Problem(http.StatusForbidden, "forbidden")
				}
				if scope, ok := operation.Extensions["x-scope"].(string); ok {
					program := Caller{t: t, url: limited().url, shop: limited().shop}.
						As(keeper.limitedKey(scope))
					program.Call(method, address+"?no_such_parameter=1", nil).
						Problem(http.StatusUnprocessableEntity, "invalid_request")
					program.Call(method, address, nil).
						Problem(http.StatusTooManyRequests, "rate_limited")
				}
				if !public {
					shop = shop.As(admin.token)
				}
				if operation.RequestBody != nil {
					shop.Call(method, address, Raw{"application/xml", "<a/>"}).
						Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
					if operation.RequestBody.Value.Content["application/json"] != nil {
						shop.Call(method, address, Raw{"application/json", "{"}).
							Problem(http.StatusBadRequest, "malformed_json")
					}
					if operation.RequestBody.Value.Required {
						shop.Call(method, address, nil).
							Problem(http.StatusBadRequest, "missing_body")
					}
				}
				shop.Call(method, address+"?no_such_parameter=1", nil).
					Problem(http.StatusUnprocessableEntity, "invalid_request")
			})
		}
	}
}

// Limits calls every rate-limited operation of a tag once more than a server with the least limits
// allows.
func Limits(t *testing.T, tag string) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	shop := New(t, Setting{"RATE_LIMIT_FACTOR", "0.000001"}) // one call a window
	admin := shop.Admin()
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if !slices.Contains(operation.Tags, tag) ||
				operation.Extensions["x-rate-limit"] == "none" {
				continue
			}
			t.Run(operation.OperationID, func(t *testing.T) {
				caller := Caller{t: t, url: shop.url, shop: shop.shop, token: admin.token}
				body := any(nil)
				if operation.RequestBody != nil {
					body = map[string]any{}
				}
				caller.Call(method, example(path), body)
				answer := caller.Call(method, example(path), body)
				answer.Problem(http.StatusTooManyRequests, "rate_limited")
				assert.NotEmpty(t, answer.Header.Get("Retry-After"))
				assert.Equal(t, "1", answer.Header.Get("RateLimit-Limit"))
				assert.Equal(t, "0", answer.Header.Get("RateLimit-Remaining"))
				assert.NotEmpty(t, answer.Header.Get("RateLimit-Reset"))
			})
		}
	}
}

// example fills a path's parameters with values of their form that name nothing.
func example(path string) string {
	return strings.NewReplacer(
		"{id}", "4242424242", "{product_id}", "4242424242", "{slug}", "no-such-thing", "{path}",
		"no-such-file.png",
	).
		Replace(path)
}
