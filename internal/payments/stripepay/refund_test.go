package stripepay_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
)

func refund() provider.RefundRequest {
	return provider.RefundRequest{
		IdempotencyKey:    "refund-1",
		ProviderPaymentID: "pi_1",
		AmountMinor:       250,
		Currency:          "USD",
		Reason:            "cancelled",
	}
}

func refundObject(status string) object {
	return object{
		"id":             "re_1",
		"object":         "refund",
		"amount":         250,
		"currency":       "usd",
		"status":         status,
		"payment_intent": "pi_1",
		"metadata":       object{"idempotency_key": "refund-1"},
	}
}

// refunding responds that there are no refunds yet, and to the making of one with create.
func refunding(create http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			pages()(w, r)
			return
		}
		create(w, r)
	}
}

// Refund: every answer of Stripe, and what it means.
func TestRefund(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		err    error
		status provider.RefundStatus
	}{
		"succeeded": {refunding(says(200, refundObject("succeeded"))), nil, provider.RefundDone},
		"pending":   {refunding(says(200, refundObject("pending"))), nil, provider.RefundPending},
		"wants the payer": {
			refunding(says(200, refundObject("requires_action"))), nil, provider.RefundPending,
		},
		"failed":    {refunding(says(200, refundObject("failed"))), nil, provider.RefundFailed},
		"cancelled": {refunding(says(200, refundObject("canceled"))), nil, provider.RefundFailed},
		"too much": {
			refunding(refuses(400, "invalid_request_error", "", object{"param": "amount"})),
			provider.ErrRefused, "",
		},
		"refunded already": {
			refunding(refuses(400, "invalid_request_error", "charge_already_refunded", nil)),
			provider.ErrRefused, "",
		},
		"no payment": {refuses(
			404, "invalid_request_error", "resource_missing", object{"param": "payment_intent"},
		), provider.ErrRefused, ""},
		"hangs up":        {refunding(hangsUp), provider.ErrOutcomeUnknown, ""},
		"empty":           {refunding(says(200, "{}")), provider.ErrOutcomeUnknown, ""},
		"500 at the look": {refuses(500, "api_error", "", nil), provider.ErrUnavailable, ""},
		"500": {
			refunding(refuses(500, "api_error", "", nil)), provider.ErrOutcomeUnknown, "",
		},
		"429": {
			refunding(refuses(429, "invalid_request_error", "rate_limit", nil)),
			provider.ErrUnavailable, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := newStandin(t, c.answer).provider(t).Refund(t.Context(), refund())
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.status, result.Status)
		})
	}
}

// Refund: the requests to Stripe.
func TestWhatIsSentForARefund(t *testing.T) {
	t.Parallel()
	server := newStandin(t, refunding(says(200, refundObject("succeeded"))))
	request := refund()
	request.Reason, request.Currency = strings.Repeat("ü", 600), "ISK"
	_, err := server.provider(t).Refund(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, server.asked, 2)
	assert.Equal(t, "pi_1", server.asked[0].form.Get("payment_intent"))
	sent := server.asked[1]
	assert.Equal(t, "POST /v1/refunds", sent.method+" "+sent.path)
	assert.Equal(t, "refund-1", sent.header.Get("Idempotency-Key"))
	for name, want := range map[string]string{
		"amount": "25000", "payment_intent": "pi_1", "metadata[idempotency_key]": "refund-1",
		"metadata[reason]": strings.Repeat("ü", 500),
	} {
		assert.Equal(t, want, sent.form.Get(name), name)
	}
}

// A refund whose answer was lost is found by its key long after Stripe forgot the key itself.
func TestARefundIsMadeOnce(t *testing.T) {
	t.Parallel()
	made := []object{
		{"id": "re_0", "object": "refund", "amount": 1, "currency": "usd", "metadata": object{}},
	}
	server := newStandin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			pages(made...)(w, r)
			return
		}
		if len(made) == 1 { // net/http may send it twice, with the same key
			made = append(made, refundObject("succeeded"))
		}
		hangsUp(w, r)
	})
	p := server.provider(t)
	_, err := p.Refund(t.Context(), refund())
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	result, err := p.Refund(t.Context(), refund())
	require.NoError(t, err)
	assert.Equal(
		t, provider.RefundResult{ProviderRefundID: "re_1", Status: provider.RefundDone}, result,
	)
	assert.Len(t, made, 2)

	other := refund()
	other.AmountMinor++
	_, err = p.Refund(t.Context(), other)
	assert.ErrorIs(t, err, provider.ErrKeyReused)
}
