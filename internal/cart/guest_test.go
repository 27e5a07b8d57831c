package cart_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// getCart, addCartItem, clearCart, mergeCart, deleteAccount: a guest's cart, opened by its token,
// until it is merged into an account's.
func TestGuestsHaveCarts(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	drift := admin.Product(apitest.Fields{"name": "Drift", "price": "79.00", "stock": 9})
	cable := admin.Product(apitest.Fields{"name": "Cable", "price": "1.00", "stock": 9})
	assert.Empty(t, show(shop.Caller).Lines)
	shop.Delete(item(drift.ID)).Problem(http.StatusNotFound, "cart_not_found")
	shop.Patch(item(drift.ID), apitest.Fields{"delta": 1}).
		Problem(http.StatusNotFound, "cart_not_found")
	shop.Delete(cart).Problem(http.StatusNotFound, "cart_not_found")
	shop.Post(
		items, apitest.Fields{"product_id": drift.ID, "quantity": 1},
		token(strings.Repeat("a", 43)),
	).Problem(http.StatusNotFound, "cart_not_found")
	shop.Post(items, apitest.Fields{"product_id": 4242, "quantity": 1}).
		Problem(http.StatusNotFound, "product_not_found")
	assert.Zero(
		t, apitest.Value[int](shop, "SELECT count(*) FROM carts"),
		"a refusal leaves no cart behind",
	)

	var begun api.Cart
	shop.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 6}).
		Want(http.StatusOK).
		Into(&begun)
	require.NotNil(t, begun.CartToken)
	mine := token(*begun.CartToken)
	var now api.Cart
	shop.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 1}, mine).
		Want(http.StatusOK).
		Into(&now)
	assert.Nil(t, now.CartToken, "returned only once")
	assert.Len(t, now.Lines, 2)
	assert.Len(t, show(shop.Caller, mine).Lines, 2)
	assert.Empty(t, show(shop.Caller).Lines)
	shop.Get(cart, token(strings.Repeat("a", 43))).Problem(http.StatusNotFound, "cart_not_found")
	shop.Post(
		items, apitest.Fields{"product_id": cable.ID, "quantity": 1},
		token(strings.Repeat("a", 43)),
	).Problem(http.StatusNotFound, "cart_not_found")
	shop.Get(cart, token("short")).Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Call(http.MethodDelete, cart, nil, token("short")).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Zero(
		t,
		apitest.Value[int](
			shop, "SELECT count(*) FROM carts WHERE token_hash = $1", []byte(*begun.CartToken),
		),
		"only its hash is kept",
	)
	shop.As("no.such.token").Get(cart, mine).Problem(http.StatusUnauthorized, "invalid_token")

	ada := shop.Customer()
	assert.Empty(t, show(ada, mine).Lines, "an account has its own")
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 5}).Want(http.StatusOK)
	ada.Post("/api/v1/cart/merge", apitest.Fields{"cart_token": *begun.CartToken}).
		Want(http.StatusOK).
		Into(&now)
	quantities := map[api.ID]int32{}
	for _, line := range now.Lines {
		quantities[line.ProductID] = line.Quantity
	}
	assert.Equal(
		t, map[api.ID]int32{drift.ID: 9, cable.ID: 1}, quantities, "added up to what there is",
	)
	require.Len(t, now.Dropped, 1, "what was left out is said")
	assert.Equal(t, drift.ID, now.Dropped[0].ProductID)
	assert.Equal(t, "Only 9 are left.", now.Dropped[0].Message)
	ada.Post("/api/v1/cart/merge", apitest.Fields{"cart_token": *begun.CartToken}).
		Problem(http.StatusNotFound, "cart_not_found")
	shop.Get(cart, mine).Problem(http.StatusNotFound, "cart_not_found")
	ada.Post("/api/v1/cart/merge", apitest.Fields{"cart_token": "short"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")

	ada.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	assert.Zero(
		t, apitest.Value[int](shop, "SELECT count(*) FROM carts"), "the cart goes with the account",
	)
}

// mergeCart: two accounts that know one token; one of them gets the lines.
func TestACartIsMergedOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	drift := shop.Admin().Product(apitest.Fields{"name": "Drift", "price": "79.00", "stock": 900})
	var begun api.Cart
	shop.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 6}).
		Want(http.StatusOK).
		Into(&begun)
	var all sync.WaitGroup
	for range 8 {
		ada := shop.Customer()
		for range 2 {
			all.Go(func() {
				ada.Post("/api/v1/cart/merge", apitest.Fields{"cart_token": *begun.CartToken})
			})
		}
	}
	all.Wait()
	assert.Equal(t, 6, apitest.Value[int](shop, "SELECT sum(quantity)::int FROM cart_lines"))
}
