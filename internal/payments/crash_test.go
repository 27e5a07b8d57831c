package payments_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// send sends a call in the background, and ignores the response.
func send(
	t *testing.T, to *apitest.Process, caller apitest.Caller, path, body, key string,
) (ended chan struct{}) {
	t.Helper()
	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, to.URL+path, strings.NewReader(body),
	)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+caller.Token())
	request.Header.Set("Idempotency-Key", key)
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
	}()
	return ended
}

// payOrder: a server dies after the provider charged and before it recorded so: the same key
// finishes the payment, and without it the reconciliation does.
func TestADeathAfterTheChargeChargesOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	again, found := s.order(ada), s.order(ada)
	dying := s.Process()
	body := `{"payment_type": "card", "token": "tok_slow"}`
	first, second := send(t, dying, ada, at(again)+"/pay", body, "one"), send(
		t, dying, ada, at(found)+"/pay", body, "two",
	)
	require.Eventually(
		t, func() bool { return len(s.ledger().Charges) == 2 }, 10*time.Second, 5*time.Millisecond,
	)
	dying.Kill()
	<-first
	<-second
	assert.Equal(t, api.PaymentStatusPending, read(ada, again).Payments[0].Status)
	s.RequireSound()

	pay(
		ada, again, "tok_slow", apitest.Key("one"),
	).Problem(http.StatusConflict, "idempotency_in_flight")
	pay(
		ada, again, "tok_visa", apitest.Key("three"),
	).Problem(http.StatusConflict, "payment_in_progress")
	s.Exec(
		"UPDATE idempotency_keys SET leased_until = now() - interval '1 second'",
	) // a minute later
	var payment api.Payment
	pay(ada, again, "tok_slow", apitest.Key("one")).Want(http.StatusCreated).Into(&payment)
	assert.Equal(t, api.PaymentStatusPaid, payment.Status)
	assertStatus(t, api.OrderStatusPAID, read(ada, again))

	s.later()
	assertStatus(t, api.OrderStatusPAID, read(ada, found))
	pay(ada, found, "tok_slow", apitest.Key("two")).Want(http.StatusCreated)
	// The response is the outcome that Reconcile found out.
	assert.Len(t, s.ledger().Charges, 2)
	s.RequireSound()
}

// payOrder, refundOrder: killed at any moment of a payment or a refund, and repeated with the same
// key: one charge, one refund.
func TestDeathsAtAnyMoment(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	repeat := func(call func() *apitest.Answer) {
		require.Eventually(
			t,
			func() bool { // the database may still be at work on what the dead asked of it
				s.Exec(
					`UPDATE idempotency_keys SET leased_until = now() - interval '1 second'
						WHERE status IS NULL`,
				)
				answer := call()
				if answer.Status == http.StatusConflict {
					answer.Problem(http.StatusConflict, "idempotency_in_flight")
				}
				return answer.Status == http.StatusCreated
			},
			10*time.Second,
			10*time.Millisecond,
		)
	}
	for round := range 8 {
		order, name := s.order(ada), fmt.Sprint(round)
		dying := s.Process()
		ended := send(
			t, dying, ada, at(order)+"/pay", `{"payment_type": "card", "token": "tok_visa"}`, name,
		)
		<-time.After(rand.N(40 * time.Millisecond))
		dying.Kill()
		<-ended
		repeat(func() *apitest.Answer { return pay(ada, order, "tok_visa", apitest.Key(name)) })
		assertStatus(t, api.OrderStatusPAID, read(ada, order))
		assert.Len(t, s.ledger().Charges, round+1)

		if round%2 == 0 {
			continue
		}
		dying = s.Process()
		ended = send(
			t, dying, s.keeper, admin(order)+"/refunds", `{"reason": "A dent.", "cancel": true}`,
			name,
		)
		<-time.After(rand.N(40 * time.Millisecond))
		dying.Kill()
		<-ended
		repeat(func() *apitest.Answer {
			return s.refund(
				order, apitest.Fields{"reason": "A dent.", "cancel": true}, apitest.Key(name),
			)
		})
		assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
		assert.Len(t, s.ledger().Refunds, round/2+1)
	}
	assert.Equal(t, 992, s.stock())
	s.RequireSound()
}
