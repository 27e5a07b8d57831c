package inventory_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const (
	stock       = "/api/v1/admin/stock"
	adjustments = "/api/v1/admin/stock/adjustments"
)

// requireBalanced requires that the ledger explains every level, and the levels every variant and
// product.
func requireBalanced(t *testing.T, shop *apitest.Shop) {
	t.Helper()
	require.Zero(t, apitest.Value[int](shop, `SELECT count(*) FROM stock_levels l
		WHERE l.quantity <> (SELECT coalesce(sum(delta), 0) FROM stock_movements m
			WHERE m.variant_id = l.variant_id AND m.location_id = l.location_id)`))
	require.Zero(t, apitest.Value[int](shop, `SELECT count(*) FROM variants v
		WHERE v.stock <> (SELECT coalesce(sum(quantity), 0) FROM stock_levels l
			WHERE l.variant_id = v.id)`))
	require.Zero(t, apitest.Value[int](shop, `SELECT count(*) FROM product_listings p
		WHERE p.stock <> (SELECT sum(v.stock) FROM variants v WHERE v.product_id = p.product_id
			AND v.deleted_at IS NULL)`))
}

// setInventory, getProduct: a product's stock, and which variant is meant when it has several.
func TestInventoryOfAProduct(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	simple := admin.Product(apitest.Fields{"name": "Simple", "price": "1", "stock": 2})
	address := func(p api.AdminProduct) string {
		return fmt.Sprintf("/api/v1/admin/products/%d/inventory", p.ID)
	}
	var now api.VariantStock
	admin.Put(address(simple), apitest.Fields{"quantity": 7}).Want(http.StatusOK).Into(&now)
	assert.Equal(t, int64(7), now.Stock)
	assert.True(t, now.TrackInventory)
	admin.Put(address(simple), apitest.Fields{"quantity": 0, "track_inventory": false}).
		Want(http.StatusOK).
		Into(&now)
	assert.False(t, now.TrackInventory)
	var seen api.Product
	shop.Get(fmt.Sprintf("/api/v1/products/%d", simple.ID)).Want(http.StatusOK).Into(&seen)
	assert.True(t, seen.InStock, "not counted: always there")

	several := admin.Product(apitest.Fields{"name": "Several", "variants": []apitest.Fields{
		{
			"price":   "1",
			"options": apitest.Fields{"size": "S"},
		},
		{"price": "1", "options": apitest.Fields{"size": "M"}},
	}})
	admin.Put(address(several), apitest.Fields{"quantity": 7}).
		Problem(http.StatusUnprocessableEntity, "variant_required")
	admin.Put(
		address(several), apitest.Fields{"quantity": 7, "variant_id": several.Variants[1].ID},
	).Want(http.StatusOK)
	admin.Put(address(several), apitest.Fields{"quantity": 7, "variant_id": simple.Variants[0].ID}).
		Problem(http.StatusNotFound, "variant_not_found")
	admin.Put("/api/v1/admin/products/4242/inventory", apitest.Fields{"quantity": 7}).
		Problem(http.StatusNotFound, "product_not_found")
	requireBalanced(t, shop)
}

// createLocation, renameLocation, listLocations, listStock: locations, and what lies there.
func TestLocations(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	admin.Post("/api/v1/admin/stock/locations", apitest.Fields{"code": "berlin", "name": "Berlin"}).
		Want(http.StatusCreated)
	admin.Post("/api/v1/admin/stock/locations", apitest.Fields{"code": "berlin", "name": "Again"}).
		Problem(http.StatusConflict, "location_taken")
	admin.Patch("/api/v1/admin/stock/locations/berlin", apitest.Fields{"name": "Berlin Mitte"}).
		Want(http.StatusOK)
	admin.Patch("/api/v1/admin/stock/locations/moon", apitest.Fields{"name": "Moon"}).
		Problem(http.StatusNotFound, "location_not_found")
	var locations api.LocationList
	admin.Get("/api/v1/admin/stock/locations").Want(http.StatusOK).Into(&locations)
	assert.Equal(
		t, []api.Location{{Code: "main", Name: "Main"}, {Code: "berlin", Name: "Berlin Mitte"}},
		locations.Items,
	)

	drift := admin.Product(
		apitest.Fields{"name": "Drift", "price": "79.00", "sku": "D-1", "stock": 20},
	)
	var now api.VariantStock
	admin.Put(stock, apitest.Fields{"sku": "D-1", "location": "berlin", "quantity": 5}).
		Want(http.StatusOK).
		Into(&now)
	assert.Equal(t, int64(25), now.Stock, "the sum over the locations")
	assert.Len(t, now.Levels, 2)
	var page api.StockLevelPage
	admin.Get(stock + "?sku=D-1&limit=1").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(2), *page.Total)
	assert.Equal(t, int32(20), page.Items[0].Quantity)
	admin.Get(stock + "?sku=D-1&limit=1&cursor=" + *page.NextCursor).Want(http.StatusOK).Into(&page)
	assert.Equal(t, int32(5), page.Items[0].Quantity)
	admin.Get(fmt.Sprintf(stock+"?product_id=%d&location=berlin", drift.ID)).
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get(stock + "?gtin=40063813").Want(http.StatusOK).Into(&page)
	assert.Empty(t, page.Items)
	admin.Get(stock+"?cursor=nonsense").Problem(http.StatusUnprocessableEntity, "invalid_request")
	requireBalanced(t, shop)
}

// getStockHealth: variants that are nearly sold out, and how long their stock will last.
func TestStockHealth(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for i, units := range []int{0, 2, 8, 40, 90} {
		admin.Product(apitest.Fields{
			"name":  fmt.Sprintf("P%d", i),
			"price": "1",
			"sku":   fmt.Sprintf("P-%d", i),
			"stock": units,
		})
	}
	shop.Exec(
		`INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason, reference,
			at)
		SELECT v.id, 1, d, 40, CASE WHEN d < 0 THEN 'sale' ELSE 'release' END, 'order:1',
			now() - interval '3 days'
		  FROM variants v, unnest(ARRAY[-70, 10]) d WHERE v.sku = 'P-3'`,
	)
	var health api.StockHealth
	statements := shop.Statements(
		func() { admin.Get("/api/v1/admin/stock/health").Want(http.StatusOK).Into(&health) },
	)
	assert.Equal(t, 3, statements)
	assert.Equal(t, api.StockCounts{Out: 1, Critical: 1, Low: 1, Medium: 1, High: 1}, health.Counts)
	assert.Equal(t, api.StockThresholds{Critical: 3, Low: 10, Medium: 50}, health.Thresholds)
	require.Len(t, health.Items, 5)
	assert.Equal(t, int64(60), health.Items[3].Sold30Days)
	assert.InDelta(t, 20.0, *health.Items[3].DaysOfCover, 1e-9, "40 units at 2 a day")
	assert.Nil(t, health.Items[4].DaysOfCover)
	for i, level := range []string{"out", "critical", "low", "medium", "high"} {
		admin.Get("/api/v1/admin/stock/health?level=" + level).Want(http.StatusOK).Into(&health)
		require.Len(t, health.Items, 1)
		assert.Equal(t, fmt.Sprintf("P-%d", i), health.Items[0].Sku)
		assert.Equal(t, level, string(health.Items[0].Level))
		assert.Equal(t, int64(1), health.Total)
	}

	assert.Zero(t, health.Alerts)
	admin.Put(stock, apitest.Fields{"sku": "P-4", "quantity": 9}).Want(http.StatusOK)
	admin.Put(stock, apitest.Fields{"sku": "P-4", "quantity": 0}).Want(http.StatusOK)
	admin.Get("/api/v1/admin/stock/health?level=out").Want(http.StatusOK).Into(&health)
	assert.Equal(t, int64(1), health.Alerts, "one alert a variant, however far it falls")
	assert.NotNil(t, health.Items[1].AlertSince)
	assert.Equal(
		t, "out",
		apitest.Value[string](shop, "SELECT level FROM stock_alerts WHERE cleared_at IS NULL"),
	)
	admin.Put(stock, apitest.Fields{"sku": "P-4", "quantity": 60}).Want(http.StatusOK)
	admin.Get("/api/v1/admin/stock/health").Want(http.StatusOK).Into(&health)
	assert.Zero(t, health.Alerts, "filled up")
}

// setStock, adjustStock: many change the same levels, in any order: the ledger balances, no level
// falls below zero, and no call fails by a deadlock.
func TestTheLedgerBalancesUnderRace(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	admin.Post("/api/v1/admin/stock/locations", apitest.Fields{"code": "berlin", "name": "Berlin"}).
		Want(http.StatusCreated)
	for i := range 3 {
		admin.Product(apitest.Fields{
			"name":  fmt.Sprintf("P%d", i),
			"price": "1",
			"sku":   fmt.Sprintf("P-%d", i),
			"stock": 5,
		})
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 12 {
				body := apitest.Fields{
					"sku":      fmt.Sprintf("P-%d", rand.IntN(3)),
					"location": []string{"main", "berlin"}[rand.IntN(2)],
				}
				if rand.IntN(4) == 0 {
					body["quantity"] = rand.IntN(10)
					admin.Put(stock, body).Want(http.StatusOK)
					continue
				}
				body["delta"], body["reason"] = rand.IntN(7)-3, "correction"
				if body["delta"] == 0 {
					body["delta"] = 1
				}
				answer := admin.Post(adjustments, body)
				assert.Contains(t, []int{http.StatusOK, http.StatusConflict}, answer.Status)
			}
		})
	}
	all.Wait()
	requireBalanced(t, shop)
}
