package payments_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// sign signs a webhook as the test provider would.
func (s stall) sign(payload string, at time.Time, secret string) apitest.Header {
	signed := webhook.GenerateTestSignedPayload(
		&webhook.UnsignedPayload{Payload: []byte(payload), Secret: secret, Timestamp: at},
	)
	return apitest.Header{Name: "Test-Signature", Value: signed.Header}
}

// testWebhook, stripeWebhook: events without a right signature are refused.
func TestForgedWebhooksChangeNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	var payment api.Payment
	pay(ada, order, "tok_pending").Want(http.StatusAccepted).Into(&payment)
	provider := s.App.TestPayments
	require.NoError(t, provider.Settle(t.Context(), *payment.ProviderPaymentID, ""))
	payload, signature, err := provider.Webhook(t.Context(), *payment.ProviderPaymentID)
	require.NoError(t, err)
	text, secret := string(payload), s.App.TestWebhookSecret()
	send := func(content string, header apitest.Header) *apitest.Answer {
		return s.Post(hook, apitest.Raw{ContentType: "application/json", Content: content}, header)
	}
	good := apitest.Header{Name: "Test-Signature", Value: signature}
	for name, answer := range map[string]*apitest.Answer{
		"unsigned":       s.Post(hook, apitest.Raw{ContentType: "application/json", Content: text}),
		"another secret": send(text, s.sign(text, time.Now(), "whsec_of_somebody_else")),
		"old":            send(text, s.sign(text, time.Now().Add(-6*time.Minute), secret)),
		"from tomorrow":  send(text, s.sign(text, time.Now().Add(24*time.Hour), secret)),
		"reserialised":   send(strings.Replace(text, ",", ", ", 1), good),
		"trailing space": send(text+"\n", good),
		"other amount":   send(strings.Replace(text, "2500", "9900", 1), good),
	} {
		answer.Problem(http.StatusBadRequest, "webhook_refused")
		assertStatus(t, api.OrderStatusPENDING, read(ada, order))
		_ = name
	}
	for from, to := range map[string]string{
		`"amount_minor":2500`:         `"amount_minor":2499`,
		`"currency":"USD"`:            `"currency":"EUR"`,
		`"order_reference":"order:1"`: `"order_reference":"order:2"`,
		`"payment":"pay_`:             `"payment":"pay__`,
	} {
		wrong := strings.Replace(text, from, to, 1)
		require.NotEqual(t, text, wrong, from)
		send(
			wrong, s.sign(wrong, time.Now(), secret),
		).Problem(http.StatusBadRequest, "webhook_refused")
	}
	unknown := `{"id":"evt_1","type":"invoice.paid"}`
	send(unknown, s.sign(unknown, time.Now(), secret)).Want(http.StatusOK)
	foreign := `{"id":"evt_2","type":"payment_succeeded","payment":"pay_of_somebody",` +
		`"amount_minor":1,"currency":"USD"}`
	send(foreign, s.sign(foreign, time.Now(), secret)).Want(http.StatusOK)
	assertStatus(t, api.OrderStatusPENDING, read(ada, order))
	assert.Zero(t, apitest.Value[int](s.Shop, "SELECT count(*) FROM payment_events"))
	s.Post(
		"/api/v1/payments/stripe/webhook",
		apitest.Raw{ContentType: "application/json", Content: text},
	).
		Problem(http.StatusNotFound, "webhook_not_found")
	send(text, good).Want(http.StatusOK)
	assertStatus(t, api.OrderStatusPAID, read(ada, order))
	s.RequireSound()
}

// testWebhook: every event ten times, in any order, has the effect of each once.
func TestShuffledWebhooks(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	var ids []string
	var all []api.Order
	for i := range 6 {
		order := s.order(ada)
		all = append(all, order)
		token := []string{"tok_pending", "tok_pending_declined", "tok_timeout"}[i%3]
		pay(ada, order, token).Want(http.StatusAccepted)
		charges := s.ledger().Charges
		id := charges[len(charges)-1].ID
		require.NoError(t, s.App.TestPayments.Settle(t.Context(), id, ""))
		if i >= 3 {
			ada.Post(at(order)+"/cancel", nil).Want(http.StatusOK)
		}
		for range 10 {
			ids = append(ids, id)
		}
	}
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	apitest.Race(len(ids), func(i int) int { return s.tell(ids[i]).Want(http.StatusOK).Status })
	s.later()
	for i, want := range []api.OrderStatus{
		"PAID", "PENDING", "PAID", "CANCELLED", "CANCELLED", "CANCELLED",
	} {
		assertStatus(t, want, read(ada, all[i]))
	}
	assert.Len(t, s.ledger().Refunds, 2)
	for range 10 {
		for _, refund := range s.ledger().Refunds {
			s.tell(refund.ID).Want(http.StatusOK)
		}
	}
	s.RequireSound()
}
