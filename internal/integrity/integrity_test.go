package integrity_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }

// No operation: App.Check finds what is made wrong for each check, and nothing in a shop that is
// sound.
func TestEveryCheckFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	for i, corrupt := range []string{
		"UPDATE stock_levels SET quantity = quantity + 1 WHERE variant_id = 1",
		"INSERT INTO stock_locations (code, name, position) " +
			"VALUES ('void', 'Void', 9); INSERT INTO stock_movements (variant_id, location_id, " +
			"delta, quantity, reason) SELECT 1, id, 3, 3, 'count' FROM stock_locations WHERE " +
			"code = 'void'",
		"UPDATE variants SET stock = stock + 1 WHERE id = 1",
		"UPDATE product_listings SET stock = stock + 1 WHERE product_id = 1",
		"UPDATE orders SET total_minor = total_minor + 1 WHERE id = 1",
		"UPDATE orders SET status = 'CANCELLED' WHERE id = 1",
		"UPDATE orders SET status = 'PAID' WHERE id = 1",
		"UPDATE payments SET is_surplus = true",
		"UPDATE payments SET refunded_minor = refunded_minor + 1",
		"UPDATE payments SET amount_minor = amount_minor + 1",
		"UPDATE payments SET status = 'pending', settled_at = NULL, refunded_minor = 0, " +
			"attempt_key = 'another'",
		"UPDATE refunds SET amount_minor = amount_minor + 1",
		"UPDATE refunds SET key = 'another', status = 'failed'",
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			shop := apitest.New(t)
			keeper, ada := shop.Admin(), shop.Customer()
			drift := keeper.Product(apitest.Fields{
				"name": "Drift", "price": "79.00", "stock": 9,
			})
			for range 3 {
				ada.Post(
					"/api/v1/orders",
					apitest.Fields{
						"items": []apitest.Fields{{"product_id": drift.ID, "quantity": 2}},
					},
				).
					Want(http.StatusCreated)
			}
			ada.Post("/api/v1/orders/2/cancel", nil).Want(http.StatusOK)
			ada.Post(
				"/api/v1/orders/3/pay", apitest.Fields{"payment_type": "card", "token": "tok_visa"},
			).Want(http.StatusCreated)
			keeper.Post("/api/v1/admin/orders/3/refunds", apitest.Fields{
				"amount": "1.00", "reason": "A dent.",
			}).
				Want(http.StatusCreated)
			results, err := shop.App.Check(t.Context())
			require.NoError(t, err)
			require.Len(t, results, 10)
			for _, result := range results {
				assert.Empty(t, result.Found, result.Name)
				assert.Positive(t, result.Checked, result.Name)
			}
			shop.Exec(corrupt)
			results, err = shop.App.Check(t.Context())
			require.NoError(t, err)
			check := min(
				i, len(results)-1,
			) // the last one, against the provider's ledger, has several ways to go wrong
			assert.Len(t, results[check].Found, 1, results[check].Name)
		})
	}
}
