package catalog_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const adminProducts = "/api/v1/admin/products"

// sale is a product that costs 20.00, and 12.00 in a period given by two offsets from now.
func sale(shop *apitest.Shop, from, until time.Duration) api.AdminProduct {
	now := time.Now()
	return shop.Admin().Product(apitest.Fields{
		"name": "Kettle", "price": "20.00", "discount_price": "12.00", "stock": 5,
		"is_featured": true, "discount_starts_at": now.Add(from),
		"discount_ends_at": now.Add(until),
	})
}

// movePeriod gives the sale of a product another period, as if time had passed: the product itself
// is not edited, so its listing still shows the former state.
func movePeriod(t *testing.T, shop *apitest.Shop, id int64, from, until string) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), shop.Pool, func(tx pgx.Tx) error {
		for _, statement := range []string{
			"SELECT set_config('shopd.refreshes_later', 'yes', true)",
			fmt.Sprintf("UPDATE variants SET discount_starts_at = now() + '%s'::interval, "+
				"discount_ends_at = now() + '%s'::interval WHERE product_id = %d", from, until, id),
			fmt.Sprintf("UPDATE product_listings SET turns_at = now() - interval '1 millisecond' "+
				"WHERE product_id = %d", id),
		} {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

// listProducts, listProductOffers, listFeaturedProducts, searchProducts, suggestProducts,
// compareProducts, getProduct, getProductBySlug, exportProducts: they turn with the clock.
func TestSalesBeginAndEndByTheClock(t *testing.T) {
	t.Parallel()
	first := apitest.New(t)
	kettle := sale(first, time.Hour, 2*time.Hour)
	other := first.Admin().Product(apitest.Fields{"name": "Cup", "price": "15.00", "stock": 5})
	requireSale := func(shop *apitest.Shop, on bool) {
		t.Helper()
		price := map[bool]string{true: "12.00", false: ""}[on]
		discount := func(p *string) string {
			if p == nil {
				return ""
			}
			return *p
		}
		assert.Len(t, list(shop, "on_sale=true").Items, map[bool]int{true: 1}[on], "on_sale")
		assert.Len(t, list(shop, "max_price=13").Items, map[bool]int{true: 1}[on], "max_price")
		cheapest := list(shop, "sort=price_asc").Items[0]
		assert.Equal(t, map[bool]int64{true: kettle.ID, false: other.ID}[on], cheapest.ID, "sort")
		var page api.ProductPage
		shop.Get(products + "/offers").Want(http.StatusOK).Into(&page)
		assert.Len(t, page.Items, map[bool]int{true: 1}[on], "offers")
		shop.Get(products + "/featured").Want(http.StatusOK).Into(&page)
		assert.Equal(t, price, discount(page.Items[0].DiscountPrice), "featured")
		var found api.SearchResults
		shop.Get(products + "/search?q=kettle").Want(http.StatusOK).Into(&found)
		assert.Equal(t, price, discount(found.Items[0].Product.DiscountPrice), "search")
		var compared api.ProductComparison
		shop.Get(fmt.Sprintf("/api/v1/products/compare?ids=%d&ids=%d", kettle.ID, other.ID)).
			Want(http.StatusOK).Into(&compared)
		assert.Equal(t, price, discount(compared.Products[0].DiscountPrice), "compare")
		for _, path := range []string{fmt.Sprint("/", kettle.ID), "/slug/" + kettle.Slug} {
			var product api.Product
			shop.Get(products + path).Want(http.StatusOK).Into(&product)
			assert.Equal(t, price, discount(product.DiscountPrice), path)
			assert.Equal(t, price, discount(product.Variants[0].DiscountPrice), path)
			assert.Equal(t, on, product.DiscountEndsAt != nil, path)
		}
		var kept api.AdminProduct
		shop.Admin().Get(fmt.Sprint(adminProducts, "/", kettle.ID)).Want(http.StatusOK).Into(&kept)
		assert.Equal(t, "12.00", discount(kept.DiscountPrice), "staff see what is set")
		require.NotNil(t, kept.DiscountStartsAt)
	}
	requireSale(first, false)
	movePeriod(t, first, kettle.ID, "-1 hour", "1 hour")
	requireSale(first.Restart(), true)
	movePeriod(t, first, kettle.ID, "-2 hours", "-1 millisecond")
	requireSale(first.Restart(), false)
}

// listProducts: a cached page ends with the sale that it shows, to the moment. From then on no
// server returns the old price, neither in lists nor in totals and facets.
func TestCachedPagesEndWithTheSale(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"})
	paths := []string{
		products, products + "?on_sale=true&facets=true", products + "/search?q=kettle",
	}
	kettle := sale(shop, -time.Hour, 1500*time.Millisecond)
	paths = append(paths, fmt.Sprint(products, "/", kettle.ID))
	ends := *kettle.DiscountEndsAt
	on := func(path string) bool {
		text := shop.Get(path).Want(http.StatusOK).String()
		return strings.Contains(text, `"12.00"`)
	}
	seen := 0
	for { // requests fill the cache until and after the moment
		asked := time.Now()
		for _, path := range paths {
			before := time.Now()
			isOn := on(path)
			after := time.Now()
			if after.Before(ends) {
				assert.True(t, isOn, "%s, %s before the end", path, ends.Sub(after))
				seen++
			}
			if !before.Before(ends) {
				assert.False(t, isOn, "%s, %s after the end", path, before.Sub(ends))
			}
		}
		if asked.After(ends.Add(200 * time.Millisecond)) {
			break
		}
	}
	assert.Positive(t, seen)
	var page api.ProductPage
	shop.Get(products + "?on_sale=true&facets=true").Want(http.StatusOK).Into(&page)
	assert.Zero(t, *page.Total)
}

// createProduct, replaceProduct, updateProduct, createVariant, updateVariant: staff set the period.
func TestStaffSetThePeriodOfASale(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	at := func(text string) *time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return &parsed
	}
	requirePeriod := func(from, until *time.Time, a *time.Time, b *time.Time) {
		t.Helper()
		for _, pair := range [][2]*time.Time{{from, a}, {until, b}} {
			if pair[0] == nil {
				assert.Nil(t, pair[1])
			} else if assert.NotNil(t, pair[1]) {
				assert.True(t, pair[0].Equal(*pair[1]), "%s %s", pair[0], pair[1])
			}
		}
	}
	start, end := "2031-11-27T00:00:00+01:00", "2031-12-01T00:00:00+01:00"
	made := admin.Product(apitest.Fields{
		"price": "20.00", "discount_price": "12.00",
		"discount_starts_at": start, "discount_ends_at": end,
	})
	requirePeriod(at(start), at(end), made.DiscountStartsAt, made.DiscountEndsAt)
	path := fmt.Sprint(adminProducts, "/", made.ID)
	var now api.AdminProduct
	patch := func(body apitest.Fields) {
		t.Helper()
		now = api.AdminProduct{}
		admin.Patch(path, body).Want(http.StatusOK).Into(&now)
	}
	patch(apitest.Fields{"discount_price": "11.00"})
	requirePeriod(at(start), at(end), now.DiscountStartsAt, now.DiscountEndsAt)
	patch(apitest.Fields{"discount_starts_at": nil})
	requirePeriod(nil, at(end), now.DiscountStartsAt, now.DiscountEndsAt)
	patch(apitest.Fields{"discount_ends_at": "2020-01-01T00:00:00Z"})
	// a new sale does not inherit a period that is over
	patch(apitest.Fields{"discount_price": "10.00"})
	requirePeriod(nil, nil, now.DiscountStartsAt, now.DiscountEndsAt)
	patch(apitest.Fields{"discount_starts_at": start, "discount_ends_at": end})
	patch(apitest.Fields{"discount_price": nil})
	requirePeriod(nil, nil, now.DiscountStartsAt, now.DiscountEndsAt)
	admin.Put(path, apitest.Fields{
		"name": "Pot", "price": "20.00", "discount_price": "12.00", "discount_ends_at": end,
	}).Want(http.StatusOK).Into(&now)
	requirePeriod(nil, at(end), now.DiscountStartsAt, now.DiscountEndsAt)

	for pointer, body := range map[string]apitest.Fields{
		"/discount_ends_at":   {"discount_starts_at": end, "discount_ends_at": end},
		"/discount_starts_at": {"discount_price": nil, "discount_starts_at": start},
	} {
		wrong := admin.Patch(path, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
		require.NotEmpty(t, wrong.Errors)
		assert.Equal(t, pointer, wrong.Errors[0].Pointer)
	}
	admin.Patch(path, apitest.Fields{"discount_ends_at": "tomorrow"}).
		Want(http.StatusUnprocessableEntity)
	admin.Post(adminProducts, apitest.Fields{
		"name": "Pan", "price": "20.00", "discount_ends_at": end,
	}).Problem(http.StatusUnprocessableEntity, "invalid_request")

	simple := admin.Product(apitest.Fields{"price": "20.00"})
	variants := fmt.Sprint(adminProducts, "/", simple.ID, "/variants")
	first := fmt.Sprint(variants, "/", simple.Variants[0].ID)
	admin.Patch(first, apitest.Fields{"options": apitest.Fields{"size": "S"}}).Want(http.StatusOK)
	var variant api.Variant
	admin.Post(variants, apitest.Fields{
		"price": "20.00", "discount_price": "12.00", "options": apitest.Fields{"size": "M"},
		"discount_ends_at": end,
	}).Want(http.StatusCreated).Into(&variant)
	requirePeriod(nil, at(end), variant.DiscountStartsAt, variant.DiscountEndsAt)
}

// getCart, createOrder: lines take the price of the moment, by the clock of the database.
func TestCartsAndOrdersTurnByTheClock(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	kettle := sale(shop, -time.Hour, time.Hour)
	ada := shop.Customer()
	unit := func() string {
		var cart api.Cart
		ada.Get("/api/v1/cart").Want(http.StatusOK).Into(&cart)
		return cart.Lines[0].UnitPrice
	}
	ada.Post("/api/v1/cart/items", apitest.Fields{"product_id": kettle.ID, "quantity": 1}).
		Want(http.StatusOK)
	assert.Equal(t, "12.00", unit())
	movePeriod(t, shop, kettle.ID, "-2 hours", "0 seconds")
	assert.Equal(t, "20.00", unit(), "it ends at its end, not after it")
	movePeriod(t, shop, kettle.ID, "0 seconds", "1 hour")
	assert.Equal(t, "12.00", unit(), "it begins at its start")
	movePeriod(t, shop, kettle.ID, "-2 hours", "-1 hour")
	var order api.Order
	ada.Post("/api/v1/orders", apitest.Fields{}, apitest.Key("k")).
		Want(http.StatusCreated).Into(&order)
	assert.Equal(t, "20.00", order.Items[0].UnitPrice)
	assert.Equal(t, "20.00", order.Total)
}

// listProducts: six thousand sales that end at once are brought up to date before the first list is
// read.
func TestManySalesEndAtOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(`WITH p AS (INSERT INTO products (name, slug)
			SELECT 'Lamp ' || n, 'lamp-' || n FROM generate_series(1, 6000) n RETURNING id)
		INSERT INTO variants (product_id, is_default, sku, price_minor, discount_minor,
		discount_ends_at)
		SELECT id, true, 'L' || id, 2000, 1200, now() + interval '1 hour' FROM p`)
	assert.EqualValues(t, 6000, *list(shop, "on_sale=true").Total)
	require.NoError(t, pgx.BeginFunc(t.Context(), shop.Pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(t.Context()), `
			SET LOCAL shopd.refreshes_later = 'yes';
			UPDATE variants SET discount_ends_at = now() - interval '1 second';
			UPDATE product_listings SET turns_at = now() - interval '1 second'`)
		return err
	}))
	assert.EqualValues(t, 0, *list(shop.Restart(), "on_sale=true").Total)
}
