package orders_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func payWith(caller apitest.Caller, order api.Order, token string) *apitest.Answer {
	return caller.Post(
		address(order)+"/pay", apitest.Fields{"payment_type": "card", "token": token},
	)
}

// cancelOrder: a paid order is cancelled by its customer only once the money is back, and its units
// come back with that, once.
func TestPaidOrdersAreCancelledWithTheirMoney(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited, apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"})
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 100)
	paid := func(token string) api.Order {
		order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}})
		payWith(ada, order, token).Want(http.StatusCreated)
		return order
	}

	order := paid("tok_visa")
	assert.Equal(
		t,
		map[int]int{http.StatusOK: 1, http.StatusBadRequest: 15},
		collapse(
			apitest.Race(
				16, func(int) int { return ada.Post(address(order)+"/cancel", nil).Status },
			),
		),
	)
	ada.Get(address(order)).Want(http.StatusOK).Into(&order)
	assert.Equal(t, api.OrderStatusCANCELLED, order.Status)
	assert.Equal(t, "20.00", order.Payments[0].Refunded)
	assert.Equal(t, api.RefundStatusDone, order.Payments[0].Refunds[0].Status)
	assert.Equal(t, "20.00 USD was given back.", order.History[2].Note)
	assert.Equal(t, 100, stock(shop, p[0]))

	order = paid("tok_refund_pending")
	ada.Post(address(order)+"/cancel", nil).Want(http.StatusAccepted).Into(&order)
	assert.Equal(t, api.OrderStatusPAID, order.Status)
	ada.Post(address(order)+"/cancel", nil).Problem(http.StatusConflict, "refund_in_progress")
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "SHIPPED"}).
		Problem(http.StatusConflict, "refund_in_progress")
	assert.Equal(t, 98, stock(shop, p[0]))
	ledger, err := shop.App.TestPayments.Ledger()
	require.NoError(t, err)
	require.NoError(t, shop.App.TestPayments.SettleRefund(t.Context(), ledger.Refunds[1].ID, true))
	shop.Exec(
		`UPDATE refunds SET created_at = created_at - interval '5 minutes',
			checked_at = checked_at - interval '5 minutes'`,
	)
	require.NoError(t, shop.App.Payments.Reconcile(t.Context()))
	ada.Get(address(order)).Want(http.StatusOK).Into(&order)
	assert.Equal(t, api.OrderStatusCANCELLED, order.Status)
	assert.Equal(t, 100, stock(shop, p[0]))

	order = paid("tok_refund_fails")
	ada.Post(address(order)+"/cancel", nil).Problem(http.StatusConflict, "refund_failed")
	elsewhere := shop.Restart(
		apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"},
		apitest.Setting{Name: "PAYMENT_PROVIDER", Value: "stripe"},
		apitest.Setting{
			Name:  "STRIPE_SECRET_KEY",
			Value: "sk_test_1",
		},
		apitest.Setting{Name: "STRIPE_WEBHOOK_SECRET", Value: "whsec_1"},
	)
	elsewhere.As(ada.Token()).
		Post(address(order)+"/cancel", nil).
		Problem(http.StatusServiceUnavailable, "payments_unavailable")
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "SHIPPED"}).Want(http.StatusOK)
	ada.Post(address(order)+"/cancel", nil).Problem(http.StatusBadRequest, "invalid_transition")
	shop.RequireSound()
}

// collapse counts 409 as 400: while the refund is under way the order is not cancelled yet.
func collapse(counts map[int]int) map[int]int {
	counts[http.StatusBadRequest] += counts[http.StatusConflict]
	delete(counts, http.StatusConflict)
	return counts
}

// createOrder, cancelOrder: an order that costs nothing is paid from the start.
func TestAnOrderThatCostsNothingIsPaid(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"})
	keeper, ada := shop.Admin(), shop.Customer()
	sample := keeper.Product(apitest.Fields{"name": "Sample", "price": "0", "stock": 3})
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(sample, 1)}})
	assert.Equal(t, api.OrderStatusPAID, order.Status)
	assert.Nil(t, order.PayUntil)
	require.Len(t, order.History, 2)
	assert.Empty(t, order.Payments)
	assert.Equal(t, []string{"order.created", "order.paid"}, events(shop, order))
	payWith(ada, order, "tok_visa").Problem(http.StatusConflict, "order_already_paid")
	keeper.Post(admin(order)+"/refunds", apitest.Fields{"reason": "Nothing."}).
		Problem(http.StatusConflict, "nothing_to_refund")
	ada.Post(address(order)+"/cancel", nil).Want(http.StatusOK)
	assert.Equal(t, 3, stock(shop, sample))

	// Staff cancels it too. There is no refund to show.
	order = place(ada, apitest.Fields{"items": []apitest.Fields{of(sample, 2)}})
	off := apitest.Fields{"reason": "A mistake.", "cancel": true}
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "CANCELLED"}).
		Problem(http.StatusBadRequest, "invalid_transition")
	statuses := apitest.Race(16, func(int) int {
		return keeper.Post(admin(order)+"/refunds", off, apitest.Key("off")).Status
	})
	assert.GreaterOrEqual(t, statuses[http.StatusNoContent], 1)
	assert.Equal(t, 16, statuses[http.StatusNoContent]+statuses[http.StatusConflict])
	again := keeper.Post(admin(order)+"/refunds", off, apitest.Key("off")).
		Want(http.StatusNoContent)
	assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	keeper.Post(admin(order)+"/refunds", off).Problem(http.StatusConflict, "order_not_cancellable")
	ada.Get(address(order)).Want(http.StatusOK).Into(&order)
	assert.Equal(t, api.OrderStatusCANCELLED, order.Status)
	assert.Equal(t, 3, stock(shop, sample))
	shop.RequireSound()
}

// payOrder, createOrder: expiry waits for payments under way, however it races with them.
func TestExpiryWaitsForPayments(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	ada := shop.Customer()
	p := products(shop.Admin(), 1000)
	for range 10 {
		order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
		shop.Exec(
			"UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", order.ID,
		)
		apitest.Race(8, func(i int) int {
			if i%2 == 0 {
				assert.NoError(t, shop.App.Orders.Expire(t.Context()))
				return 0
			}
			return payWith(ada, order, "tok_pending").Status
		})
		var waiting bool
		if status := apitest.Value[string](
			shop, "SELECT status FROM orders WHERE id = $1", order.ID,
		); status == "PENDING" {
			waiting = true
		}
		assert.Equal(
			t,
			waiting,
			apitest.Value[bool](
				shop,
				"SELECT EXISTS (SELECT FROM payments WHERE order_id = $1 AND status = 'pending')",
				order.ID,
			),
		)
	}
	shop.RequireSound()
}
