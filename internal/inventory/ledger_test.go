package inventory_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const movements = stock + "/movements"

// moveDrift creates a product whose stock moves from 20 to 18 and to 22, and returns its movements,
// the newest first.
func moveDrift(t *testing.T, admin apitest.Caller) (api.AdminProduct, []api.StockMovement) {
	t.Helper()
	product := newDrift(admin)
	admin.Put(stock, apitest.Fields{"sku": "D-1", "quantity": 18, "reference": "shelf 4"}).
		Want(http.StatusOK)
	var now api.VariantStock
	admin.Post(adjustments, apitest.Fields{
		"sku": "D-1", "delta": 4, "reason": "received", "reference": "delivery 4711",
	}).Want(http.StatusOK).Into(&now)
	require.Equal(t, int64(22), now.Stock)
	var ledger api.StockMovementPage
	admin.Get(movements + "?gtin=4006381333931").Want(http.StatusOK).Into(&ledger)
	require.Len(t, ledger.Items, 3)
	return product, ledger.Items
}

// listStockMovements, setStock, adjustStock: a movement for each change, none for a request that
// changes nothing or is refused.
func TestTheLedgerExplainsTheStock(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	_, ledger := moveDrift(t, admin)
	assert.Equal(t, api.StockReasonReceived, ledger[0].Reason)
	assert.Equal(t, int32(4), ledger[0].Delta)
	assert.Equal(t, int32(22), ledger[0].Quantity)
	assert.Equal(t, "delivery 4711", ledger[0].Reference)
	assert.NotNil(t, ledger[0].ActorID)
	assert.Equal(t, "shelf 4", ledger[1].Reference)
	assert.Equal(t, api.StockReasonInitial, ledger[2].Reason)

	admin.Put(stock, apitest.Fields{"sku": "D-1", "quantity": 22}).Want(http.StatusOK)
	admin.Put(stock, apitest.Fields{"sku": "D-1", "quantity": 5, "expected_quantity": 20}).
		Problem(http.StatusConflict, "stock_changed")
	admin.Post(adjustments, apitest.Fields{"sku": "D-1", "delta": -23, "reason": "lost"}).
		Problem(http.StatusConflict, "insufficient_stock")
	var after api.StockMovementPage
	admin.Get(movements + "?gtin=4006381333931").Want(http.StatusOK).Into(&after)
	assert.Equal(t, ledger, after.Items)
	requireBalanced(t, shop)

	_, err := shop.Pool.Exec(t.Context(), "UPDATE stock_movements SET delta = 1")
	assert.ErrorContains(t, err, "never changed", "the ledger is append-only")
}

// listStockMovements: its filters and pages.
func TestTheLedgerIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	product, ledger := moveDrift(t, admin)
	ofProduct := fmt.Sprintf(
		"%s?variant_id=%d&product_id=%d", movements, product.Variants[0].ID, product.ID,
	)
	var page api.StockMovementPage
	admin.Get(ofProduct + "&limit=1").Want(http.StatusOK).Into(&page)
	admin.Get(movements+"?cursor="+*page.NextCursor).
		Problem(http.StatusUnprocessableEntity, "invalid_request") // of other filters
	admin.Get(ofProduct + "&limit=2&cursor=" + *page.NextCursor).Want(http.StatusOK).Into(&page)
	assert.Equal(t, ledger[1:], page.Items)
	admin.Get(movements + "?reason=received&reference=delivery+4711" +
		"&location=main&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z").
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get(movements+"?cursor=nonsense").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// getStock: the levels of a variant by its GTIN, with or without leading zeros.
func TestStockIsReadByGTIN(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	newDrift(admin)
	var now api.VariantStock
	read := admin.Get(stock + "/04006381333931").Want(http.StatusOK).Into(&now)
	assert.Equal(t, int32(20), now.Levels[0].Quantity)
	admin.Get(stock+"/4006381333931", apitest.IfNoneMatch(read.Header.Get("ETag"))).
		Want(http.StatusNotModified)
	admin.Get(stock+"/40063813").Problem(http.StatusNotFound, "variant_not_found")
	admin.Get(stock+"/123").Problem(http.StatusUnprocessableEntity, "invalid_request")
}
