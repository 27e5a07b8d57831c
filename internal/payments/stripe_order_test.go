package payments_test

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

// payOrder, stripeWebhook: a Stripe that declines, that never replies, and whose webhooks come
// before its responses, twice, and the older one last.
func TestStripeOutOfOrder(t *testing.T) {
	t.Parallel()
	stripe := newStandin(t)
	s := open(
		t,
		append(
			stripeSettings(stripe.URL), apitest.Setting{Name: "PAYMENT_CALL_TIMEOUT", Value: "2s"},
		)...)
	ada := s.Customer()
	behaves := func(declines, silent bool, before func(object)) {
		stripe.mu.Lock()
		defer stripe.mu.Unlock()
		stripe.declines, stripe.silent, stripe.before = declines, silent, before
	}
	number, mu := 0, sync.Mutex{}
	tell := func(kind string, of object) {
		mu.Lock()
		number++
		id := fmt.Sprint("evt_", number)
		mu.Unlock()
		for range 2 {
			s.event(id, kind, of).Want(http.StatusOK)
		}
	}

	behaves(true, false, nil)
	order := s.order(ada)
	problem := pay(
		ada, order, "pm_card_visa", apitest.Key("one"),
	).Problem(http.StatusPaymentRequired, "payment_declined")
	assert.Contains(t, problem.Detail, "too little money")
	tell("payment_intent.payment_failed", stripe.intents[0])
	assertStatus(t, api.OrderStatusPENDING, read(ada, order))

	// The webhook arrives before the response.
	behaves(false, false, func(intent object) { tell("payment_intent.succeeded", intent) })
	pay(ada, order, "pm_card_visa", apitest.Key("two")).Want(http.StatusCreated)
	tell("payment_intent.payment_failed", stripe.intents[0]) // of the first attempt, late
	tell("payment_intent.payment_failed", stripe.intents[1]) // older than the other event
	now := read(ada, order)
	assertStatus(t, api.OrderStatusPAID, now)
	assert.Equal(
		t, []api.PaymentStatus{api.PaymentStatusFailed, api.PaymentStatusPaid},
		[]api.PaymentStatus{now.Payments[0].Status, now.Payments[1].Status},
	)
	require.Len(t, now.History, 2)
	behaves(false, false, func(refund object) { tell("refund.created", refund) })
	s.refund(order, apitest.Fields{"amount": "5.00"}).Want(http.StatusCreated)
	assert.Equal(t, "5.00", read(ada, order).Payments[1].Refunded)

	// It charges and does not respond. The event of an earlier failure comes after that of the
	// success, then before it.
	for i, kinds := range [][]string{
		{"succeeded", "payment_failed"}, {"payment_failed", "succeeded"},
	} {
		behaves(false, true, nil)
		order = s.order(ada)
		pay(ada, order, "pm_card_visa").Want(http.StatusAccepted)
		behaves(false, false, nil)
		for _, kind := range kinds {
			tell("payment_intent."+kind, stripe.intents[2+i])
		}
		assertStatus(t, api.OrderStatusPAID, read(ada, order))
	}
	behaves(false, true, nil)
	s.refund(order, apitest.Fields{"cancel": true}, apitest.Key("off")).Want(http.StatusAccepted)
	behaves(false, false, nil)
	tell("refund.updated", stripe.refunds[1])
	s.later()
	now = read(ada, order)
	assertStatus(t, api.OrderStatusCANCELLED, now)
	assert.Equal(t, api.PaymentStatusRefunded, now.Payments[0].Status)
	assert.Len(t, stripe.intents, 4)
	assert.Len(t, stripe.refunds, 2)
	s.RequireSound()
}
