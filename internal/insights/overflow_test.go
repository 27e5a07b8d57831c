package insights_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// getDashboard, adminListCustomers: sums that are beyond any amount, such as the value of a stock
// whose price is a GTIN, are shown as the greatest amount there can be.
func TestSumsBeyondAnyAmount(t *testing.T) {
	t.Parallel()
	const greatest = "999999999999999.99"
	s := open(t)
	product := s.product(
		apitest.Fields{"name": "Shifted", "price": "4006381333931.00", "stock": 30_000},
	)
	ada := s.Customer()
	var me api.User
	ada.Get("/api/v1/auth/me").Want(http.StatusOK).Into(&me)
	s.Exec(`WITH placed AS (
			INSERT INTO orders (number, user_id, status, total_minor, expires_at)
			SELECT 'SO-' || n, $1, 'PAID', 99999999999999999, now() FROM generate_series(1, 200) n
			RETURNING id
		), line AS (
			INSERT INTO order_lines (order_id, position, product_id, variant_id, name, sku, options,
			quantity, unit_minor, total_minor, is_tracked)
			SELECT placed.id, 0, $2, (SELECT min(id) FROM variants WHERE product_id = $2),
			'Shifted', 'S', '{}', 1, 99999999999999999, 99999999999999999, false
			  FROM placed
		)
		INSERT INTO payments (order_id, user_id, amount_minor, currency, provider, payment_type,
		attempt_key, status, settled_at)
		SELECT id, $1, 99999999999999999, 'USD', 'manual', 'bank_transfer', 'sum-' || id, 'paid',
		now() FROM placed`,
		me.ID, product)

	body := s.show("")
	assert.Equal(t, greatest, body.StockValue.Value)
	assert.Equal(t, int64(30_000), body.StockValue.Units)
	assert.Equal(t, greatest, body.Totals.Revenue)
	assert.Equal(t, greatest, body.Days[len(body.Days)-1].Revenue)
	require.Len(t, body.TopProducts, 1)
	assert.Equal(t, greatest, body.TopProducts[0].Revenue)
	assert.Equal(t, greatest, body.TopCategories[0].Revenue)
	require.Len(t, body.TopCustomers, 1)
	assert.Equal(t, greatest, body.TopCustomers[0].Revenue)

	var customers api.CustomerPage
	s.keeper.Get(admin + "/customers").Want(http.StatusOK).Into(&customers)
	spent := map[int64]string{}
	for _, customer := range customers.Items {
		spent[customer.ID] = customer.Orders.Spent
	}
	assert.Equal(t, greatest, spent[me.ID])
}
