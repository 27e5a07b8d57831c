package cart_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const (
	cart  = "/api/v1/cart"
	items = "/api/v1/cart/items"
)

func item(id int64) string { return fmt.Sprintf("%s/%d", items, id) }

func token(text string) apitest.Header { return apitest.Header{Name: "X-Cart-Token", Value: text} }

func show(caller apitest.Caller, headers ...apitest.Header) (body api.Cart) {
	caller.Get(cart, headers...).Want(http.StatusOK).Into(&body)
	return body
}

// customer returns a customer of a shop that sells five of one product at 59.90, and of another as
// many as are asked for at 1.10.
func customer(t *testing.T) (ada apitest.Caller, drift, cable api.AdminProduct) {
	t.Helper()
	shop := apitest.New(t)
	admin := shop.Admin()
	drift = admin.Product(apitest.Fields{
		"name":           "Drift",
		"price":          "79.00",
		"discount_price": "59.90",
		"sku":            "D-1",
		"stock":          5,
	})
	cable = admin.Product(apitest.Fields{"name": "Cable", "price": "1.10", "stock": 0})
	shop.Exec("UPDATE variants SET track_inventory = false WHERE product_id = $1", cable.ID)
	return shop.Customer(), drift, cable
}

// addCartItem, getCart: lines, their prices and totals.
func TestCart(t *testing.T) {
	t.Parallel()
	ada, drift, cable := customer(t)
	assert.Equal(
		t,
		api.Cart{
			Lines:    []api.CartLine{},
			Problems: []api.CartProblem{},
			Subtotal: "0.00",
			Currency: "USD",
		},
		show(ada),
	)
	var now api.Cart
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 2}).
		Want(http.StatusOK).
		Into(&now)
	ada.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 10}).Want(http.StatusOK)
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 1}).
		Want(http.StatusOK).
		Into(&now)
	require.Len(t, now.Lines, 2)
	assert.Nil(t, now.CartToken, "an account needs none")
	line := now.Lines[0]
	assert.Equal(t, api.CartLine{
		ProductID:      drift.ID,
		VariantID:      drift.Variants[0].ID,
		Name:           "Drift",
		Sku:            "D-1",
		Options:        map[string]string{},
		Quantity:       3,
		UnitPrice:      "59.90",
		LineTotal:      "179.70",
		Stock:          5,
		TrackInventory: true,
		Available:      true,
	}, line)
	assert.True(t, now.Lines[1].Available, "not counted: always there")
	assert.Equal(t, "190.70", now.Subtotal)
	assert.Equal(t, int64(13), now.TotalQuantity)
	assert.Empty(t, now.Problems)
	assert.Equal(t, now, show(ada))
}

// addCartItem: what is refused.
func TestWhatCannotBeAdded(t *testing.T) {
	t.Parallel()
	ada, drift, cable := customer(t)
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 3}).Want(http.StatusOK)
	ada.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 10}).Want(http.StatusOK)
	problem := ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 3}).
		Problem(http.StatusConflict, "insufficient_stock")
	assert.Equal(
		t,
		[]api.FieldError{
			{Pointer: "/quantity", Message: "5 are available, and 3 are in the cart already"},
		},
		problem.Errors,
	)
	ada.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 9995}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Post(items, apitest.Fields{"product_id": 4242, "quantity": 1}).
		Problem(http.StatusNotFound, "product_not_found")
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "variant_id": 4242, "quantity": 1}).
		Problem(http.StatusNotFound, "variant_not_found")
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 0}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// changeCartItem: a line gets another quantity, by its number or by a delta.
func TestLinesAreChanged(t *testing.T) {
	t.Parallel()
	ada, drift, cable := customer(t)
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 3}).Want(http.StatusOK)
	ada.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 10}).Want(http.StatusOK)
	var now api.Cart
	ada.Patch(item(drift.ID), apitest.Fields{"quantity": 5}).Want(http.StatusOK).Into(&now)
	assert.Equal(t, int32(5), now.Lines[0].Quantity)
	ada.Patch(item(drift.ID), apitest.Fields{"delta": 1}).
		Problem(http.StatusConflict, "insufficient_stock")
	ada.Patch(item(drift.ID), apitest.Fields{"delta": -1}).Want(http.StatusOK).Into(&now)
	assert.Equal(t, int32(4), now.Lines[0].Quantity)
	ada.Patch(item(drift.ID), apitest.Fields{"delta": -1, "quantity": 3}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Patch(item(drift.ID), apitest.Fields{}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Patch(item(cable.ID), apitest.Fields{"delta": 9999}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Patch(item(4242), apitest.Fields{"delta": 1}).
		Problem(http.StatusNotFound, "cart_line_not_found")
	ada.Patch(item(drift.ID), apitest.Fields{"delta": -10}).Want(http.StatusOK).Into(&now)
	assert.Len(t, now.Lines, 1, "at 0 it is gone")
}

// removeCartItem, clearCart: lines are removed, one or all.
func TestLinesAreRemoved(t *testing.T) {
	t.Parallel()
	ada, drift, cable := customer(t)
	ada.Post(items, apitest.Fields{"product_id": cable.ID, "quantity": 10}).Want(http.StatusOK)
	var now api.Cart
	ada.Delete(item(drift.ID)).Problem(http.StatusNotFound, "cart_line_not_found")
	ada.Delete(item(cable.ID)).Want(http.StatusOK).Into(&now)
	assert.Empty(t, now.Lines)
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 2}).Want(http.StatusOK)
	ada.Delete(cart).Want(http.StatusNoContent)
	assert.Empty(t, show(ada).Lines)
}

// addCartItem, getCart: variants are lines of their own, with their options.
func TestVariantsInTheCart(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	ada := shop.Customer()
	shirt := shop.Admin().Product(apitest.Fields{"name": "Shirt", "variants": []apitest.Fields{
		{
			"price":   "10",
			"options": apitest.Fields{"size": "S"},
			"stock":   3,
		},
		{"price": "12", "options": apitest.Fields{"size": "M"}, "stock": 3},
	}})
	small, medium := shirt.Variants[0].ID, shirt.Variants[1].ID
	required := ada.Post(items, apitest.Fields{"product_id": shirt.ID, "quantity": 1}).
		Problem(http.StatusUnprocessableEntity, "variant_required")
	assert.Equal(t, "/variant_id", required.Errors[0].Pointer)
	ada.Post(items, apitest.Fields{"product_id": shirt.ID, "variant_id": small, "quantity": 1}).
		Want(http.StatusOK)
	ada.Patch(item(shirt.ID), apitest.Fields{"delta": 1}).
		Want(http.StatusOK)
		// one variant of it is in the cart
	var now api.Cart
	ada.Post(items, apitest.Fields{"product_id": shirt.ID, "variant_id": medium, "quantity": 1}).
		Want(http.StatusOK).
		Into(&now)
	assert.Equal(t, map[string]string{"size": "M"}, now.Lines[1].Options)
	ada.Patch(item(shirt.ID), apitest.Fields{"delta": 1}).
		Problem(http.StatusUnprocessableEntity, "variant_required")
	ada.Delete(item(shirt.ID)).Problem(http.StatusUnprocessableEntity, "variant_required")
	ada.Patch(item(shirt.ID)+fmt.Sprintf("?variant_id=%d", medium), apitest.Fields{"quantity": 2}).
		Want(http.StatusOK)
	ada.Delete(item(shirt.ID) + fmt.Sprintf("?variant_id=%d", small)).Want(http.StatusOK).Into(&now)
	require.Len(t, now.Lines, 1)
	assert.Equal(t, medium, now.Lines[0].VariantID)
	assert.Equal(t, "24.00", now.Subtotal)
}

// addCartItem, changeCartItem, getCart: what cannot be bought is refused, and later shown as an
// issue of its line.
func TestWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, ada := shop.Admin(), shop.Customer()
	var made []api.AdminProduct
	for i := range 5 {
		made = append(
			made,
			admin.Product(
				apitest.Fields{"name": fmt.Sprintf("P%d", i), "price": "2.00", "stock": 5},
			),
		)
		ada.Post(items, apitest.Fields{"product_id": made[i].ID, "quantity": 3}).Want(http.StatusOK)
	}
	address := func(i int) string { return fmt.Sprintf("/api/v1/admin/products/%d", made[i].ID) }
	before := ada.Get(cart).Header.Get("ETag")
	ada.Get(cart, apitest.IfNoneMatch(before)).Want(http.StatusNotModified)
	admin.Delete(address(0)).Want(http.StatusNoContent)
	admin.Patch(address(1), apitest.Fields{"is_active": false}).Want(http.StatusOK)
	admin.Put(address(2)+"/inventory", apitest.Fields{"quantity": 2}).Want(http.StatusOK)
	admin.Patch(address(3), apitest.Fields{"price": "2.50"}).Want(http.StatusOK)
	admin.Put(address(4)+"/inventory", apitest.Fields{"quantity": 0}).Want(http.StatusOK)

	now := show(ada)
	problems := map[api.ID]api.CartProblem{}
	for _, p := range now.Problems {
		problems[p.ProductID] = p
		assert.Equal(t, api.ResolutionChooseAgain, p.Resolution)
	}
	require.Len(t, now.Problems, 5)
	assert.Equal(t, api.CartProblemCodeGone, problems[made[0].ID].Code)
	assert.Equal(t, api.CartProblemCodeInactive, problems[made[1].ID].Code)
	assert.Equal(t, "Only 2 are left.", problems[made[2].ID].Message)
	assert.Equal(t, "It costs 2.50 now, and 2.00 when you chose it.", problems[made[3].ID].Message)
	assert.Equal(t, "It is sold out.", problems[made[4].ID].Message)
	assert.Equal(t, int64(9), now.TotalQuantity, "what is not sold is not counted")
	assert.Equal(t, "19.50", now.Subtotal)
	ada.Get(cart, apitest.IfNoneMatch(before)).Want(http.StatusOK)

	ada.Post(items, apitest.Fields{"product_id": made[1].ID, "quantity": 1}).
		Problem(http.StatusConflict, "insufficient_stock")
	ada.Patch(item(made[1].ID), apitest.Fields{"delta": 1}).
		Problem(http.StatusConflict, "insufficient_stock")
	ada.Patch(item(made[2].ID), apitest.Fields{"delta": -1}).
		Want(http.StatusOK) // fewer is always fine
	ada.Patch(item(made[3].ID), apitest.Fields{"quantity": 3}).Want(http.StatusOK).Into(&now)
	for _, p := range now.Problems {
		assert.NotEqual(t, api.CartProblemCodePriceChanged, p.Code, "the line was chosen again")
	}
	ada.Delete(item(made[0].ID)).Want(http.StatusOK)
}

// getCart, addCartItem, changeCartItem, removeCartItem, clearCart: If-Match and If-None-Match.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	ada := shop.Customer()
	drift := shop.Admin().Product(apitest.Fields{"name": "Drift", "price": "79.00", "stock": 50})
	tag := ada.Get(cart).Header.Get("ETag")
	tag = ada.Post(
		items, apitest.Fields{"product_id": drift.ID, "quantity": 2}, apitest.IfMatch(tag),
	).Want(http.StatusOK).Header.Get("ETag")
	assert.Equal(t, tag, ada.Get(cart).Header.Get("ETag"))
	ada.Post(items, apitest.Fields{"product_id": drift.ID, "quantity": 2}, apitest.IfMatch(`"0"`)).
		Problem(http.StatusPreconditionFailed, "stale")
	ada.Patch(item(drift.ID), apitest.Fields{"delta": 1}, apitest.IfMatch(`"0"`)).
		Problem(http.StatusPreconditionFailed, "stale")
	ada.Call(http.MethodDelete, item(drift.ID), nil, apitest.IfMatch(`"0"`)).
		Problem(http.StatusPreconditionFailed, "stale")
	ada.Call(http.MethodDelete, cart, nil, apitest.IfMatch(`"0"`)).
		Problem(http.StatusPreconditionFailed, "stale")

	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		all.Go(func() {
			if ada.Patch(
				item(drift.ID), apitest.Fields{"delta": 1}, apitest.IfMatch(tag),
			).Status == http.StatusOK {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	assert.Equal(t, 1, won)
	assert.Equal(t, int32(3), show(ada).Lines[0].Quantity)
}

// addCartItem, mergeCart: a cart has at most 100 lines, after merging too.
func TestACartHasAHundredLines(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, ada := shop.Admin(), shop.Customer()
	one := admin.Product(apitest.Fields{"name": "One", "price": "1", "stock": 9})
	other := admin.Product(apitest.Fields{"name": "Other", "price": "1", "stock": 9})
	ada.Post(items, apitest.Fields{"product_id": one.ID, "quantity": 1}).Want(http.StatusOK)
	shop.Exec(
		`WITH made AS (INSERT INTO products (name, slug) SELECT 'Filler', 'filler-' || n
			FROM generate_series(1, 99) n RETURNING id),
		variant AS (INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
		SELECT id, true, 'F-' || id, 100, 0 FROM made RETURNING id)
		INSERT INTO cart_lines (cart_id, variant_id, quantity, price_minor)
		SELECT (SELECT id FROM carts), id, 1, 100 FROM variant`,
	)
	ada.Post(items, apitest.Fields{"product_id": other.ID, "quantity": 1}).
		Problem(http.StatusConflict, "cart_full")
	ada.Post(items, apitest.Fields{"product_id": one.ID, "quantity": 1}).Want(http.StatusOK)
	var begun, now api.Cart
	shop.Post(items, apitest.Fields{"product_id": other.ID, "quantity": 1}).
		Want(http.StatusOK).
		Into(&begun)
	shop.Post(items, apitest.Fields{"product_id": one.ID, "quantity": 1}, token(*begun.CartToken)).
		Want(http.StatusOK)
	ada.Post("/api/v1/cart/merge", apitest.Fields{"cart_token": *begun.CartToken}).
		Want(http.StatusOK).
		Into(&now)
	assert.Len(t, now.Lines, 100, "beyond the hundredth stays behind")
	assert.Equal(t, int32(3), now.Lines[0].Quantity, "what is known adds up")
	assert.Equal(t, []api.CartDrop{{
		ProductID: other.ID,
		VariantID: other.Variants[0].ID,
		Name:      "Other",
		Quantity:  1,
		Message:   "A cart has 100 lines at most.",
	}}, now.Dropped)
}
