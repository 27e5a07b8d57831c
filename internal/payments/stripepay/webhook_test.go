package stripepay_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/stripepay"
)

var sentAt = time.Unix(1_800_000_000, 0)

func event(id, kind, apiVersion string, data object) object {
	return object{
		"id":          id,
		"object":      "event",
		"type":        kind,
		"api_version": apiVersion,
		"created":     sentAt.Unix(),
		"data":        object{"object": data},
	}
}

func sign(t *testing.T, body any, secret string) (payload []byte, header string) {
	t.Helper()
	payload, err := json.Marshal(body)
	require.NoError(t, err)
	signed := webhook.GenerateTestSignedPayload(
		&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: sentAt},
	)
	return payload, signed.Header
}

// ParseWebhook: events, and what they say.
func TestParseWebhook(t *testing.T) {
	t.Parallel()
	p := connect(t, "http://stripe.invalid")
	payment := func(kind provider.EventType, code string) provider.Event {
		e := provider.Event{
			ID:                "evt_1",
			Type:              kind,
			ProviderPaymentID: "pi_1",
			OrderReference:    "order-1",
			IdempotencyKey:    "key-1",
			AmountMinor:       1250,
			Currency:          "USD",
			DeclineCode:       code,
			At:                sentAt.UTC(),
		}
		if code != "" {
			e.DeclineMessage = provider.DeclineMessage(code)
		}
		return e
	}
	refund := func(kind provider.EventType) provider.Event {
		return provider.Event{
			ID:                "evt_1",
			Type:              kind,
			ProviderPaymentID: "pi_1",
			ProviderRefundID:  "re_1",
			IdempotencyKey:    "refund-1",
			AmountMinor:       250,
			Currency:          "USD",
			At:                sentAt.UTC(),
		}
	}
	unpaid := intent(
		"requires_payment_method",
		object{
			"last_payment_error": object{
				"code":         "card_declined",
				"decline_code": "insufficient_funds",
			},
		},
	)
	for name, c := range map[string]struct {
		kind, version string
		data          object
		want          provider.Event
	}{
		"succeeded": {
			"payment_intent.succeeded", "2026-03-25.dahlia", intent("succeeded", nil),
			payment(provider.PaymentSucceeded, ""),
		},
		"succeeded, old version": {
			"payment_intent.succeeded", "2019-12-03", intent("succeeded", nil),
			payment(provider.PaymentSucceeded, ""),
		},
		"failed": {
			"payment_intent.payment_failed", "", unpaid,
			payment(provider.PaymentFailed, "insufficient_funds"),
		},
		"cancelled": {
			"payment_intent.canceled", "", intent("canceled", nil),
			payment(provider.PaymentFailed, "canceled"),
		},
		"refund made": {
			"refund.created", "", refundObject("succeeded"), refund(provider.RefundSucceeded),
		},
		"refund pending": {"refund.created", "", refundObject("pending"), refund(provider.Other)},
		"refund settled": {
			"refund.updated", "", refundObject("succeeded"), refund(provider.RefundSucceeded),
		},
		"refund failed": {
			"refund.failed", "", refundObject("failed"), refund(provider.RefundFailure),
		},
		"refund of a charge": {
			"charge.refund.updated", "", refundObject("canceled"), refund(provider.RefundFailure),
		},
		"something else": {
			"customer.created", "", object{"id": "cus_1"},
			provider.Event{ID: "evt_1", Type: provider.Other, At: sentAt.UTC()},
		},
	} {
		payload, header := sign(t, event("evt_1", c.kind, c.version, c.data), secret)
		got, err := p.ParseWebhook(payload, header, sentAt.Add(time.Minute))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
}

// A part of the money is told as that part, whatever was asked for.
func TestAWebhookTellsWhatWasReceived(t *testing.T) {
	t.Parallel()
	payload, header := sign(
		t,
		event(
			"evt_1", "payment_intent.succeeded", "",
			intent("succeeded", object{"amount_received": 1}),
		),
		secret,
	)
	got, err := connect(t, "http://stripe.invalid").ParseWebhook(payload, header, sentAt)
	require.NoError(t, err)
	assert.Equal(t, int64(1), got.AmountMinor)
}

// ParseWebhook: forged, old and broken ones.
func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	p := connect(t, "http://stripe.invalid")
	unset, err := stripepay.New(stripepay.Options{Key: key})
	require.NoError(t, err)
	good, header := sign(
		t, event("evt_1", "payment_intent.succeeded", "", intent("succeeded", nil)), secret,
	)
	_, forged := sign(
		t, event("evt_1", "payment_intent.succeeded", "", intent("succeeded", nil)),
		"whsec_of_another",
	)
	_, unkeyed := sign(
		t, event("evt_1", "payment_intent.succeeded", "", intent("succeeded", nil)), "",
	)
	for name, c := range map[string]struct {
		p       *stripepay.Provider
		payload []byte
		header  string
		now     time.Time
		want    error
	}{
		"forged":     {p, good, forged, sentAt, provider.ErrBadSignature},
		"not signed": {p, good, "", sentAt, provider.ErrBadSignature},
		"no header":  {p, good, "v1", sentAt, provider.ErrBadSignature},
		"changed": {
			p, bytes.Replace(good, []byte("1250"), []byte("9250"), 1), header, sentAt,
			provider.ErrBadSignature,
		},
		"spaced": {p, append(bytes.Clone(good), '\n'), header, sentAt, provider.ErrBadSignature},
		"old": {
			p, good, header, sentAt.Add(5*time.Minute + time.Second), provider.ErrBadSignature,
		},
		"of the future": {
			p, good, header, sentAt.Add(-5*time.Minute - time.Second), provider.ErrBadSignature,
		},
		"newer time": {
			p, good, "t=1800000600," + header[len("t=1800000000,"):], sentAt.Add(10 * time.Minute),
			provider.ErrBadSignature,
		},
		"without secret": {unset, good, unkeyed, sentAt, provider.ErrConfiguration},
	} {
		_, err := c.p.ParseWebhook(c.payload, c.header, c.now)
		assert.ErrorIs(t, err, c.want, name)
	}
	for name, body := range map[string]any{
		"thin":       object{"id": "evt_1", "object": "v2.core.event"},
		"no id":      event("", "payment_intent.succeeded", "", intent("succeeded", nil)),
		"no data":    object{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"},
		"no payment": event("evt_1", "payment_intent.succeeded", "", object{}),
		"no refund":  event("evt_1", "refund.updated", "", object{"amount": 5}),
		"a list":     []int{1},
	} {
		payload, header := sign(t, body, secret)
		_, err := p.ParseWebhook(payload, header, sentAt)
		assert.ErrorIs(t, err, provider.ErrBadEvent, name)
	}
}

// Events come in any order and more than once: each says the same each time, so that the id tells
// repetitions.
func TestWebhooksInAnyOrder(t *testing.T) {
	t.Parallel()
	p := connect(t, "http://stripe.invalid")
	type delivery struct {
		payload []byte
		header  string
	}
	clean := map[string]provider.Event{}
	var deliveries []delivery
	for _, body := range []object{
		event(
			"evt_failed", "payment_intent.payment_failed", "",
			intent("requires_payment_method", nil),
		),
		event("evt_succeeded", "payment_intent.succeeded", "", intent("succeeded", nil)),
		event("evt_refunded", "refund.updated", "", refundObject("succeeded")),
	} {
		payload, header := sign(t, body, secret)
		told, err := p.ParseWebhook(payload, header, sentAt)
		require.NoError(t, err)
		clean[told.ID] = told
		for range 10 {
			deliveries = append(deliveries, delivery{payload, header})
		}
	}
	for range 20 {
		rand.Shuffle(
			len(deliveries),
			func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] },
		)
		got := map[string]provider.Event{}
		for _, d := range deliveries {
			told, err := p.ParseWebhook(d.payload, d.header, sentAt)
			require.NoError(t, err)
			got[told.ID] = told
		}
		require.Equal(t, clean, got)
	}
}
