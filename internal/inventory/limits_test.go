package inventory_test

import (
	"math"
	"net/http"
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

// adjustStock: a location holds no more units than a level can count.
func TestALevelHasAnEnd(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	drift := admin.Product(apitest.Fields{"stock": 1})
	shop.Exec("UPDATE stock_levels SET quantity = $1", math.MaxInt32)
	admin.Post(adjustments, apitest.Fields{
		"variant_id": drift.Variants[0].ID, "delta": 1, "reason": "received",
	}).
		Problem(http.StatusConflict, "too_many_units")
}
