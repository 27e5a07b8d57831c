package sdk_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/sdk"
)

// enums are members whose values may become more.
var enums = []string{"status", "stock_status", "role", "resolution", "currency", "code"}

// fromLater makes the responses of a server those of a later version: every object has a member
// more, and statuses and codes have values that this client does not know.
type fromLater struct{ altered int }

// RoundTrip implements http.RoundTripper.
func (f *fromLater) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.Contains(response.Header.Get("Content-Type"), "json") {
		return response, err
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	var body any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
		if text, err = json.Marshal(f.alter(body)); err != nil {
			return nil, err
		}
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	response.ContentLength = int64(len(text))
	response.Header.Del("Content-Length")
	return response, nil
}

func (f *fromLater) alter(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = f.alter(v[i])
		}
	case map[string]any:
		for name, member := range v {
			v[name] = f.alter(member)
			if _, isText := member.(string); isText && slices.Contains(enums, name) {
				v[name] = "of_a_later_version"
				f.altered++
			}
		}
		v["later"] = "unknown"
	}
	return value
}

// listProducts, addCartItem, createOrder, getOrder, getCurrentUser: what a later server adds breaks
// no client of this version: members it does not know are left out, and values it does not know are
// passed on.
func TestWhatALaterServerAddsBreaksNothing(t *testing.T) {
	t.Parallel()
	later := &fromLater{}
	shop := connect(t, newShop(t).URL(), sdk.Options{Transport: later})
	signUp(t, shop, "ada@example.com")
	me, err := shop.GetCurrentUserWithResponse(t.Context())
	require.NoError(t, err)
	assert.Equal(t, client.Role("of_a_later_version"), me.JSON200.Role)
	var product client.ProductSummary
	for product, err = range shop.Products(t.Context(), client.ListProductsParams{}) {
		require.NoError(t, err)
	}
	_, err = shop.AddCartItemWithResponse(
		t.Context(), nil, client.CartItem{ProductID: product.ID, Quantity: 1},
	)
	require.NoError(t, err)
	order, err := shop.CreateOrderWithResponse(t.Context(), nil, client.OrderInput{})
	require.NoError(t, err)
	require.NotNil(t, order.JSON201)
	assert.Equal(t, client.OrderStatus("of_a_later_version"), order.JSON201.Status)
	read, err := shop.GetOrderWithResponse(t.Context(), order.JSON201.ID)
	require.NoError(t, err)
	assert.Equal(t, order.JSON201.Total, read.JSON200.Total)
	_, err = shop.GetOrderWithResponse(t.Context(), 999_999)
	var problem *sdk.Problem
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, http.StatusNotFound, int(problem.Status))
	assert.Greater(t, later.altered, 5)
}
