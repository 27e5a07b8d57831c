package payments_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// payOrder, refundOrder: the connection to the database is lost at the COMMIT before the provider
// is asked, or at the one after it. The same request with the same key, sent at once, charges once
// and refunds once.
func TestCommitsNobodyHeard(t *testing.T) {
	t.Parallel()
	s := open(t)
	cut := s.Cut()
	elsewhere := s.Restart(unlimited, apitest.Setting{Name: "DATABASE_URL", Value: cut.URL})
	ada, keeper := elsewhere.As(s.Customer().Token()), elsewhere.As(s.keeper.Token())
	again := func(call func() *apitest.Answer) {
		var answer *apitest.Answer
		require.Eventually(
			t,
			func() bool { // PostgreSQL may not have noticed yet that the connection is gone
				answer = call()
				return answer.Status != http.StatusConflict ||
					answer.Status == http.StatusServiceUnavailable
			},
			5*time.Second,
			5*time.Millisecond,
		)
		answer.Want(http.StatusCreated)
	}
	for round := range 4 {
		commit, done, name := round/2%2, round%2 == 0, apitest.Key(fmt.Sprint(round))
		order := s.order(ada)
		cut.Commit(commit, done)
		problem := pay(ada, order, "tok_visa", name).
			Problem(http.StatusServiceUnavailable, "outcome_unknown")
		assert.Equal(t, api.ResolutionRetry, *problem.Resolution)
		again(func() *apitest.Answer { return pay(ada, order, "tok_visa", name) })
		assertStatus(t, api.OrderStatusPAID, read(ada, order))
		require.Len(t, s.ledger().Charges, round+1)

		give := func() *apitest.Answer {
			return keeper.Post(
				admin(order)+"/refunds", apitest.Fields{"reason": "A dent.", "amount": "5.00"},
				name,
			)
		}
		cut.Commit(commit, done)
		give().Problem(http.StatusServiceUnavailable, "outcome_unknown")
		again(give)
		assert.Equal(t, "5.00", read(ada, order).Payments[0].Refunded)
		require.Len(t, s.ledger().Refunds, round+1)
	}
	s.RequireSound()
}

// payOrder: a charge of another amount than was requested is refunded; the order still waits for
// its total.
func TestAnotherAmountIsSetAside(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	pay(
		ada, order, "tok_wrong_amount", apitest.Key("one"),
	).Problem(http.StatusConflict, "amount_mismatch")
	again := pay(ada, order, "tok_wrong_amount", apitest.Key("one"))
	again.Problem(http.StatusConflict, "amount_mismatch")
	assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Len(t, s.ledger().Charges, 1, "asked once")
	now := read(ada, order)
	assertStatus(t, api.OrderStatusPENDING, now)
	assert.Equal(t, "26.00", now.Payments[0].Amount, "what was taken")
	assert.Contains(
		t, notes(now),
		"PENDING The payment provider took 26.00 USD instead of 25.00 USD. It is given back.",
	)
	s.RequireSound()

	s.later()
	var seen api.AdminOrder
	s.keeper.Get(admin(order)).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, api.PaymentStatusRefunded, seen.Payments[0].Status)
	assert.True(t, seen.Payments[0].IsSurplus)
	assert.Equal(t, "amount_mismatch", *seen.Payments[0].DeclineCode)
	assert.Equal(t, "26.00", seen.Payments[0].Refunded)
	pay(ada, order, "tok_visa", apitest.Key("two")).Want(http.StatusCreated)
	s.RequireSound()

	// The same is found out about a payment whose response was lost. A webhook is not trusted,
	// since it may be forged.
	order = s.order(ada)
	pay(ada, order, "tok_timeout").Want(http.StatusAccepted)
	s.Exec("UPDATE payments SET amount_minor = 2400 WHERE order_id = $1", order.ID)
	charges := s.ledger().Charges
	s.tell(charges[len(charges)-1].ID).Problem(http.StatusBadRequest, "webhook_refused")
	s.later()
	s.later()
	now = read(ada, order)
	assertStatus(t, api.OrderStatusPENDING, now)
	assert.Equal(t, api.PaymentStatusRefunded, now.Payments[0].Status)
	assert.Len(t, s.ledger().Refunds, 2)
	s.Exec("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", order.ID)
	require.NoError(t, s.App.Orders.Expire(t.Context()))
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, order)) // nothing holds it up
}
