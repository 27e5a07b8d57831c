package inventory_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// newDrift creates a product with 20 units of one variant.
func newDrift(admin apitest.Caller) api.AdminProduct {
	return admin.Product(apitest.Fields{
		"name":  "Drift",
		"price": "79.00",
		"sku":   "D-1",
		"gtin":  "4006381333931",
		"stock": 20,
	})
}

// setStock: a level that was counted, and one that changed since it was read.
func TestStockIsSet(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	newDrift(admin)
	var now api.VariantStock
	admin.Put(stock, apitest.Fields{
		"gtin": "4006381333931", "quantity": 18, "expected_quantity": 20, "reference": "shelf 4",
	}).Want(http.StatusOK).Into(&now)
	assert.Equal(t, int64(18), now.Stock)
	admin.Put(stock, apitest.Fields{"sku": "D-1", "quantity": 5, "expected_quantity": 20}).
		Problem(http.StatusConflict, "stock_changed")
	requireBalanced(t, shop)
}

// adjustStock: units that are received, and more that are lost than there are.
func TestStockIsAdjusted(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	variant := newDrift(admin).Variants[0].ID
	var now api.VariantStock
	admin.Post(adjustments, apitest.Fields{
		"variant_id": variant, "delta": 2, "reason": "received", "reference": "delivery 4711",
	}).Want(http.StatusOK).Into(&now)
	assert.Equal(t, int64(22), now.Stock)
	admin.Post(adjustments, apitest.Fields{"variant_id": variant, "delta": -23, "reason": "lost"}).
		Problem(http.StatusConflict, "insufficient_stock")
	admin.Post(adjustments, apitest.Fields{
		"variant_id": variant, "delta": -2, "reason": "damaged", "expected_quantity": 21,
	}).Problem(http.StatusConflict, "stock_changed")
	requireBalanced(t, shop)
}

// setStock, adjustStock: requests that name no variant or two, no such location, no change, or a
// reason that is the shop's own.
func TestStockRefuses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	variant := newDrift(admin).Variants[0].ID
	admin.Put(stock, apitest.Fields{"quantity": 1}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(stock, apitest.Fields{"sku": "D-1", "variant_id": variant, "quantity": 1}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(stock, apitest.Fields{"sku": "NO", "quantity": 1}).
		Problem(http.StatusNotFound, "variant_not_found")
	admin.Put(stock, apitest.Fields{"sku": "D-1", "location": "moon", "quantity": 1}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(adjustments, apitest.Fields{"sku": "NO", "delta": 1, "reason": "lost"}).
		Problem(http.StatusNotFound, "variant_not_found")
	admin.Post(adjustments, apitest.Fields{"sku": "D-1", "delta": 0, "reason": "lost"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(adjustments, apitest.Fields{"sku": "D-1", "delta": 1, "reason": "sale"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	requireBalanced(t, shop)
}
