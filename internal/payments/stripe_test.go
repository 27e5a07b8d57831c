package payments_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const stripeWebhookSecret = "whsec_for_tests"

func stripeSettings(address string) []apitest.Setting {
	return []apitest.Setting{
		{
			Name:  "PAYMENT_PROVIDER",
			Value: "stripe",
		},
		{Name: "STRIPE_SECRET_KEY", Value: "sk_test_51NotAKeyOfAnyone"},
		{
			Name:  "STRIPE_WEBHOOK_SECRET",
			Value: stripeWebhookSecret,
		},
		{Name: "STRIPE_BASE_URL", Value: address},
		unlimited,
	}
}

type object = map[string]any

// standin is a stand-in for Stripe: it stores payment intents and refunds, and responds like
// Stripe.
type standin struct {
	*httptest.Server
	mu      sync.Mutex
	intents []object
	refunds []object
	dead    map[string]bool // paths at which it dies after doing what it is asked

	declines bool
	silent   bool         // it charges, and does not respond until the shop gives up
	before   func(object) // is called before the response, with the object that was made
}

func newStandin(t *testing.T) *standin {
	t.Helper()
	s := &standin{dead: map[string]bool{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		s.mu.Lock()
		declines, silent, before := s.declines, s.silent, s.before
		body := s.answer(r)
		dead := s.dead[r.Method+r.URL.Path]
		s.mu.Unlock()
		moves := r.Method == http.MethodPost && r.URL.Path != "/v1/payment_methods"
		switch {
		case dead:
			panic(http.ErrAbortHandler)
		case moves && silent:
			<-r.Context().Done()
			return
		case moves && declines:
			body["status"], body["amount_received"] = "requires_payment_method", 0
			body = object{
				"error": object{
					"type":           "card_error",
					"code":           "card_declined",
					"decline_code":   "insufficient_funds",
					"payment_intent": body,
				},
			}
			w.WriteHeader(http.StatusPaymentRequired)
		case moves && before != nil:
			before(body)
		}
		assert.NoError(t, json.NewEncoder(w).Encode(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *standin) answer(r *http.Request) object {
	switch {
	case r.URL.Path == "/v1/payment_methods":
		return object{"id": "pm_1", "object": "payment_method"}
	case r.URL.Path == "/v1/payment_intents" && r.Method == http.MethodPost:
		return addOnce(
			&s.intents,
			"pi",
			r.Form,
			object{
				"amount_received": number(r.Form.Get("amount")),
				"currency":        r.Form.Get("currency"),
			},
		)
	case r.URL.Path == "/v1/payment_intents":
		return object{"object": "list", "data": s.intents, "has_more": false}
	case strings.HasPrefix(r.URL.Path, "/v1/payment_intents/"):
		return s.intents[0]
	case r.URL.Path == "/v1/refunds" && r.Method == http.MethodPost:
		return addOnce(
			&s.refunds, "re", r.Form,
			object{"currency": "usd", "payment_intent": r.Form.Get("payment_intent")},
		)
	}
	return object{"object": "list", "data": s.refunds, "has_more": false}
}

// addOnce adds to a list, once for each key: the client sends a request again after its connection
// broke.
func addOnce(list *[]object, prefix string, form url.Values, more object) object {
	for _, known := range *list {
		if known["metadata"].(object)["idempotency_key"] == form.Get("metadata[idempotency_key]") {
			return known
		}
	}
	made := object{
		"id":      fmt.Sprintf("%s_%d", prefix, len(*list)+1),
		"amount":  number(form.Get("amount")),
		"status":  "succeeded",
		"created": time.Now().Unix(),
		"metadata": object{
			"order_reference": form.Get("metadata[order_reference]"),
			"idempotency_key": form.Get("metadata[idempotency_key]"),
		},
	}
	for name, value := range more {
		made[name] = value
	}
	*list = append(*list, made)
	return made
}

func number(text string) json.Number { return json.Number(text) }

func (s *standin) dies(at string, dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead[at] = dead
}

// intent is one that was made, refund likewise: read under the lock, as a broken connection says
// nothing of when the server was done.
func (s *standin) intent(n int) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.intents[n]
}

func (s *standin) refund(n int) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refunds[n]
}

// made counts what was made.
func (s *standin) made() (intents, refunds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.intents), len(s.refunds)
}

// event sends an event of Stripe's.
func (s stall) event(id, kind string, of object) *apitest.Answer {
	payload, err := json.MarshalIndent(
		object{
			"id":      id,
			"object":  "event",
			"type":    kind,
			"created": time.Now().Unix(),
			"data":    object{"object": of},
		},
		"",
		"  ",
	)
	require.NoError(s.t, err)
	signed := webhook.GenerateTestSignedPayload(
		&webhook.UnsignedPayload{
			Payload:   append(payload, '\n'),
			Secret:    stripeWebhookSecret,
			Timestamp: time.Now(),
		},
	)
	return s.Post(
		"/api/v1/payments/stripe/webhook",
		apitest.Raw{
			ContentType: "application/json; charset=utf-8",
			Content:     string(signed.Payload),
		},
		apitest.Header{Name: "Stripe-Signature", Value: signed.Header},
	)
}

// payOrder, refundOrder, stripeWebhook, testWebhook: paying and refunding by Stripe.
func TestStripe(t *testing.T) {
	t.Parallel()
	stripe := newStandin(t)
	s := open(t, stripeSettings(stripe.URL)...)
	ada := s.Customer()
	s.Post(hook, apitest.Raw{ContentType: "application/json", Content: "{}"}).
		Problem(http.StatusNotFound, "webhook_not_found")

	order := s.order(ada)
	var payment api.Payment
	pay(ada, order, "pm_card_visa").Want(http.StatusCreated).Into(&payment)
	assert.Equal(t, "pi_1", *payment.ProviderPaymentID)
	assert.Equal(t, api.PaymentProviderStripe, payment.Provider)
	var refund api.AdminRefund
	s.refund(order, apitest.Fields{"amount": "5.00"}).Want(http.StatusCreated).Into(&refund)
	assert.Equal(t, "re_1", *refund.ProviderRefundID)
	for range 10 {
		s.event("evt_1", "payment_intent.succeeded", stripe.intent(0)).Want(http.StatusOK)
		s.event("evt_2", "refund.updated", stripe.refund(0)).Want(http.StatusOK)
	}
	assert.Equal(t, "5.00", read(ada, order).Payments[0].Refunded)

	// A refund made in Stripe's dashboard is in the books as well, and more than was paid is not
	// believed.
	byHand := object{
		"id":             "re_9",
		"amount":         700,
		"currency":       "usd",
		"status":         "succeeded",
		"payment_intent": "pi_1",
	}
	s.event("evt_3", "refund.created", byHand).Want(http.StatusOK)
	now := read(ada, order)
	assert.Equal(t, "12.00", now.Payments[0].Refunded)
	assert.Contains(t, notes(now), "7.00 USD was given back.")
	s.event("evt_4", "refund.created", object{
		"id": "re_10", "amount": 7000, "currency": "usd", "status": "succeeded",
		"payment_intent": "pi_1",
	}).
		Problem(http.StatusBadRequest, "webhook_refused")
	// A refund may fail after it was done; that is the last word on it, whatever comes late.
	byHand["status"] = "failed"
	s.event("evt_5", "refund.failed", byHand).Want(http.StatusOK)
	byHand["status"] = "succeeded"
	s.event("evt_6", "refund.updated", byHand).Want(http.StatusOK)
	assert.Equal(t, "5.00", read(ada, order).Payments[0].Refunded)

	// The connection breaks after Stripe charged; its webhook tells.
	stripe.dies("POST/v1/payment_intents", true)
	order = s.order(ada)
	pay(ada, order, "pm_card_visa").Want(http.StatusAccepted)
	s.event("evt_7", "payment_intent.succeeded", stripe.intent(1)).Want(http.StatusOK)
	assertStatus(t, api.OrderStatusPAID, read(ada, order))
	// The same, and Stripe is asked.
	order = s.order(ada)
	pay(ada, order, "pm_card_visa").Want(http.StatusAccepted)
	s.later()
	assertStatus(t, api.OrderStatusPAID, read(ada, order))
	// A refund whose response is lost is not made twice.
	stripe.dies("POST/v1/refunds", true)
	s.refund(order, apitest.Fields{"cancel": true}).Want(http.StatusAccepted)
	stripe.dies("POST/v1/refunds", false)
	s.later()
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
	intents, refunds := stripe.made()
	assert.Equal(t, 2, refunds)
	assert.Equal(t, 3, intents)

	s.RequireSound()
}
