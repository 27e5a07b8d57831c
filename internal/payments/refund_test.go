package payments_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func (s stall) refund(
	order api.Order, body apitest.Fields, headers ...apitest.Header,
) *apitest.Answer {
	if body["reason"] == nil {
		body["reason"] = "The box was dented."
	}
	return s.keeper.Post(admin(order)+"/refunds", body, headers...)
}

// refundOrder: in parts and whole, with a key, and with the order cancelled.
func TestRefund(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	s.refund(order, apitest.Fields{}).Problem(http.StatusConflict, "nothing_to_refund")
	s.refund(api.Order{ID: 4242}, apitest.Fields{}).Problem(http.StatusNotFound, "order_not_found")
	pay(ada, order, "tok_visa").Want(http.StatusCreated)
	for _, amount := range []string{"0", "0.00", "1.234", "-1", "x"} {
		s.refund(order, apitest.Fields{"amount": amount}).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	s.refund(order, apitest.Fields{"amount": "25.01"}).
		Problem(http.StatusConflict, "refund_too_large")
	var refund api.AdminRefund
	first := s.refund(order, apitest.Fields{"amount": "5.00"}, apitest.Key("one")).
		Want(http.StatusCreated).
		Into(&refund)
	assert.Equal(t, api.RefundStatusDone, refund.Status)
	assert.NotNil(t, refund.ActorID)
	again := s.refund(order, apitest.Fields{"amount": "5.00"}, apitest.Key("one")).
		Want(http.StatusCreated)
	assert.Equal(t, first.Body, again.Body)
	assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	s.refund(order, apitest.Fields{"amount": "6.00"}, apitest.Key("one")).
		Problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	s.refund(order, apitest.Fields{"amount": "20.01"}).
		Problem(http.StatusConflict, "refund_too_large")
	s.refund(order, apitest.Fields{"amount": "10.00", "cancel": true}).
		Problem(http.StatusConflict, "order_not_cancellable")
	now := read(ada, order)
	assertStatus(t, api.OrderStatusPAID, now)
	assert.Equal(t, "5.00", now.Payments[0].Refunded)
	assert.Equal(t, api.PaymentStatusPaid, now.Payments[0].Status)
	assert.Equal(t, "PENDING |PAID |PAID 5.00 USD was given back.", notes(now))
	s.refund(order, apitest.Fields{"cancel": true}).Want(http.StatusCreated).Into(&refund)
	assert.Equal(t, "20.00", refund.Amount)
	now = read(ada, order)
	assertStatus(t, api.OrderStatusCANCELLED, now)
	assert.Equal(t, api.PaymentStatusRefunded, now.Payments[0].Status)
	assert.False(t, now.Payments[0].IsPaid)
	assert.Equal(t, 1000, s.stock())
	s.refund(order, apitest.Fields{}).Problem(http.StatusConflict, "nothing_to_refund")
	s.refund(order, apitest.Fields{"cancel": true}).
		Problem(http.StatusConflict, "order_not_cancellable")
	s.RequireSound()

	order = s.order(ada)
	pay(ada, order, "tok_visa").Want(http.StatusCreated)
	s.refund(order, apitest.Fields{}).Want(http.StatusCreated)
	assertStatus(t, api.OrderStatusPAID, read(ada, order)) // the request did not cancel it
	s.refund(order, apitest.Fields{"cancel": true}).Want(http.StatusCreated)
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
	assert.Len(t, s.ledger().Refunds, 3)

	var sample api.AdminProduct // nothing was paid for it, and nothing goes back
	s.keeper.Post(
		"/api/v1/admin/products", apitest.Fields{"name": "Sample", "price": "0", "stock": 3},
	).Want(http.StatusCreated).Into(&sample)
	ada.Post(
		orders, apitest.Fields{"items": []apitest.Fields{{"product_id": sample.ID, "quantity": 2}}},
	).Want(http.StatusCreated).Into(&order)
	s.refund(order, apitest.Fields{}).Problem(http.StatusConflict, "nothing_to_refund")
	s.refund(order, apitest.Fields{"cancel": true}).Want(http.StatusNoContent)
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
	s.RequireSound()
}

// refundOrder, testWebhook: refunds that the provider completes later, or refuses.
func TestRefundsThatTakeTheirTime(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	pending := s.order(ada)
	pay(ada, pending, "tok_refund_pending").Want(http.StatusCreated)
	var refund api.AdminRefund
	s.refund(pending, apitest.Fields{"cancel": true}, apitest.Key("one")).
		Want(http.StatusAccepted).
		Into(&refund)
	assert.Equal(t, api.RefundStatusPending, refund.Status)
	s.refund(pending, apitest.Fields{}).Problem(http.StatusConflict, "refund_in_progress")
	s.RequireSound()
	require.NoError(t, s.App.TestPayments.SettleRefund(t.Context(), *refund.ProviderRefundID, true))
	for range 10 {
		s.tell(*refund.ProviderRefundID).Want(http.StatusOK)
	}
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, pending))
	assert.Equal(t, 1000, s.stock())

	unanswered := s.order(ada)
	pay(ada, unanswered, "tok_refund_timeout").Want(http.StatusCreated)
	s.refund(unanswered, apitest.Fields{"amount": "5.00"}).Want(http.StatusAccepted)
	s.later()
	now := read(ada, unanswered)
	assert.Equal(t, api.RefundStatusDone, now.Payments[0].Refunds[0].Status)

	failing := s.order(ada)
	pay(ada, failing, "tok_refund_fails").Want(http.StatusCreated)
	s.refund(failing, apitest.Fields{"cancel": true}, apitest.Key("two")).
		Problem(http.StatusConflict, "refund_failed")
	now = read(ada, failing)
	assertStatus(t, api.OrderStatusPAID, now)
	assert.Equal(t, "0.00", now.Payments[0].Refunded, "nothing is set aside any more")
	assert.Equal(t, api.RefundStatusFailed, now.Payments[0].Refunds[0].Status)

	late := s.order(ada)
	pay(ada, late, "tok_refund_pending").Want(http.StatusCreated)
	s.refund(late, apitest.Fields{"cancel": true}).Want(http.StatusAccepted).Into(&refund)
	require.NoError(
		t, s.App.TestPayments.SettleRefund(t.Context(), *refund.ProviderRefundID, false),
	)
	s.later()
	now = read(ada, late)
	assertStatus(t, api.OrderStatusPAID, now)
	assert.Contains(t, notes(now), "Giving back 25.00 USD failed.")
	elsewhere := s.Restart(stripeSettings("http://127.0.0.1:1")...)
	s.keeper = elsewhere.As(s.keeper.Token())
	s.refund(late, apitest.Fields{}).Problem(http.StatusServiceUnavailable, "payments_unavailable")
	s.RequireSound()
}

// payOrder, testWebhook: money that comes after the order was cancelled goes back by itself, once.
func TestLateMoneyGoesBackOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()

	cancelled := s.order(ada)
	pay(ada, cancelled, "tok_timeout").Want(http.StatusAccepted)
	ada.Post(at(cancelled)+"/cancel", nil).Want(http.StatusOK)

	expired := s.order(
		ada,
	) // given up for lost, and expired, before the provider says that it succeeded
	pay(ada, expired, "tok_timeout").Want(http.StatusAccepted)
	s.Exec(
		"UPDATE payments SET status = 'failed', settled_at = now() WHERE order_id = $1", expired.ID,
	)
	s.Exec("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", expired.ID)
	require.NoError(t, s.App.Orders.Expire(t.Context()))
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, expired))

	twice := s.order(ada) // the same, but paid otherwise meanwhile
	pay(ada, twice, "tok_timeout").Want(http.StatusAccepted)
	s.Exec(
		"UPDATE payments SET status = 'failed', settled_at = now() WHERE order_id = $1", twice.ID,
	)
	pay(ada, twice, "tok_visa").Want(http.StatusCreated)

	charges := s.ledger().Charges
	require.Len(t, charges, 4)
	s.later()
	apitest.Race(30, func(i int) int { return s.tell(charges[i%3].ID).Want(http.StatusOK).Status })
	for range 3 {
		s.later()
	}
	for _, order := range []api.Order{cancelled, expired} {
		now := read(ada, order)
		assertStatus(t, api.OrderStatusCANCELLED, now)
		assert.Equal(t, api.PaymentStatusRefunded, now.Payments[0].Status)
		assert.Contains(
			t, notes(now),
			"A payment of 25.00 USD came after the order was cancelled. It is given back.",
		)
		assert.Contains(t, notes(now), "25.00 USD was given back.")
	}
	now := read(ada, twice)
	assertStatus(t, api.OrderStatusPAID, now)
	assert.Equal(
		t, []api.PaymentStatus{api.PaymentStatusRefunded, api.PaymentStatusPaid},
		[]api.PaymentStatus{now.Payments[0].Status, now.Payments[1].Status},
	)
	assert.Len(t, s.ledger().Refunds, 3)
	assert.Equal(t, 998, s.stock())
	s.RequireSound()
}

// payOrder, testWebhook: a worker refunds late money at once.
func TestLateMoneyGoesBackByItself(t *testing.T) {
	t.Parallel()
	s := open(t, apitest.Setting{Name: "WORKERS", Value: "true"})
	ada := s.Customer()
	order := s.order(ada)
	pay(ada, order, "tok_timeout").Want(http.StatusAccepted)
	ada.Post(at(order)+"/cancel", nil).Want(http.StatusOK)
	s.tell(s.ledger().Charges[0].ID).Want(http.StatusOK)
	require.Eventually(
		t, func() bool { return read(ada, order).Payments[0].Status == api.PaymentStatusRefunded },
		20*time.Second, 50*time.Millisecond,
	)
	s.RequireSound()
}
