package apitest

import (
	"maps"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/money"
)

// Fields is a JSON body of a request.
type Fields = map[string]any

// IfMatch returns the header that makes a change conditional on an ETag.
func IfMatch(tag string) Header { return Header{Name: "If-Match", Value: tag} }

// IfNoneMatch returns the header by which a read is answered with 304 while the ETag is current.
func IfNoneMatch(tag string) Header { return Header{Name: "If-None-Match", Value: tag} }

// Key returns the header by which a repeated call has the effect of one.
func Key(key string) Header { return Header{Name: "Idempotency-Key", Value: key} }

// Product creates a product with the fields of createProduct, as the caller. Without a name, or
// without a price and variants, it gets some.
func (c Caller) Product(fields Fields) api.AdminProduct {
	c.t.Helper()
	body := Fields{"name": "Kettle " + randomWord()}
	if fields["variants"] == nil {
		body["price"] = "12.50"
	}
	maps.Copy(body, fields)
	var product api.AdminProduct
	c.Post("/api/v1/admin/products", body).Want(http.StatusCreated).Into(&product)
	return product
}

// APIKey makes an API key with some scopes, as the caller.
func (c Caller) APIKey(scopes ...string) (key api.NewAPIKey) {
	c.t.Helper()
	c.Post("/api/v1/admin/api-keys", Fields{"name": "Key " + randomWord(), "scopes": scopes}).
		Want(http.StatusCreated).
		Into(&key)
	return key
}

// limitedKey makes an API key with a rate limit of its own.
func (c Caller) limitedKey(scope string) string {
	c.t.Helper()
	var key api.NewAPIKey
	c.Post("/api/v1/admin/api-keys", Fields{
		"name": "Limited " + randomWord(), "scopes": []string{scope}, "calls_per_minute": 1,
	}).Want(http.StatusCreated).Into(&key)
	return key.Key
}

// Scopes returns all scopes that API keys can have.
func Scopes(t testing.TB) (all []string) {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	for _, scope := range spec.Components.Schemas["APIKeyScope"].Value.Enum {
		all = append(all, scope.(string))
	}
	return all
}

// Cents returns what a buyer pays for a product with this price and discount, in cents.
func Cents(t testing.TB, price api.Money, discount *api.Money) int64 {
	t.Helper()
	if discount != nil {
		price = *discount
	}
	cents, err := money.Currency("USD").Parse(price)
	require.NoError(t, err)
	return cents
}
