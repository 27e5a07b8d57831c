package stripepay_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/stripepay"
)

// Charge: every answer of Stripe, and what it means.
func TestWhatBecomesOfACharge(t *testing.T) {
	t.Parallel()
	old := time.Now().Add(-time.Hour).Unix()
	card := func(code, declineCode string, more object) http.HandlerFunc {
		body := object{
			"decline_code":   declineCode,
			"payment_intent": intent("requires_payment_method", nil),
		}
		for name, value := range more {
			body[name] = value
		}
		return refuses(402, "card_error", code, body)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		err    error
		status provider.Status
		code   string
	}{
		"succeeded":    {says(200, intent("succeeded", nil)), nil, provider.Succeeded, ""},
		"processing":   {says(200, intent("processing", nil)), nil, provider.Pending, ""},
		"not captured": {says(200, intent("requires_capture", nil)), nil, provider.Pending, ""},
		"a status of the future": {
			says(200, intent("requires_patience", nil)), nil, provider.Pending, "",
		},
		"wants a browser": {
			says(200, intent("requires_action", nil)), nil, provider.Declined,
			"authentication_required",
		},
		"cancelled": {says(200, intent("canceled", nil)), nil, provider.Declined, "canceled"},
		"not confirmed yet": {
			says(200, intent("requires_confirmation", nil)), nil, provider.Pending, "",
		},
		"never confirmed": {
			says(200, intent("requires_confirmation", object{"created": old})), nil,
			provider.Declined, "processing_error",
		},
		"insufficient funds": {
			card("card_declined", "insufficient_funds", nil), nil, provider.Declined,
			"insufficient_funds",
		},
		"expired":   {card("expired_card", "", nil), nil, provider.Declined, "expired_card"},
		"lost card": {card("card_declined", "lost_card", nil), nil, provider.Declined, "lost_card"},
		"wants authentication": {
			card("authentication_required", "", nil), nil, provider.Declined,
			"authentication_required",
		},
		"declined without a word": {card("", "", nil), nil, provider.Declined, "card_declined"},
		"declined without payment": {
			card("card_declined", "generic_decline", object{"payment_intent": nil}), nil,
			provider.Declined, "generic_decline",
		},

		"500": {refuses(500, "api_error", "", nil), provider.ErrOutcomeUnknown, "", ""},
		"500 of a proxy": {
			says(502, "<html>secret pi_1_secret_x</html>"), provider.ErrOutcomeUnknown, "", "",
		},
		"not JSON":       {says(200, "pi_1_secret_x"), provider.ErrOutcomeUnknown, "", ""},
		"empty object":   {says(200, "{}"), provider.ErrOutcomeUnknown, "", ""},
		"hangs up":       {hangsUp, provider.ErrOutcomeUnknown, "", ""},
		"redirects":      {redirects, provider.ErrOutcomeUnknown, "", ""},
		"says nothing":   {waits, provider.ErrOutcomeUnknown, "", ""},
		"half an answer": {stops, provider.ErrOutcomeUnknown, "", ""},
		"still working": {
			refuses(409, "idempotency_error", "idempotency_key_in_use", nil),
			provider.ErrOutcomeUnknown, "", "",
		},
		"rate limit": {
			refuses(429, "invalid_request_error", "rate_limit", nil), provider.ErrUnavailable, "",
			"",
		},
		"locked": {
			refuses(429, "invalid_request_error", "lock_timeout", nil), provider.ErrUnavailable, "",
			"",
		},
		"wrong key": {refuses(
			401, "invalid_request_error", "", object{"message": "Invalid API Key provided: " + key},
		), provider.ErrConfiguration, "", ""},
		"key of less": {
			refuses(403, "invalid_request_error", "", object{"message": key + " may not do that"}),
			provider.ErrConfiguration, "", "",
		},
		"key reused": {refuses(400, "idempotency_error", "", nil), provider.ErrKeyReused, "", ""},
		"too little": {
			refuses(400, "invalid_request_error", "amount_too_small", object{"param": "amount"}),
			provider.ErrAmount, "", "",
		},
		"no such method": {refuses(
			400, "invalid_request_error", "resource_missing", object{"param": "payment_method"},
		), provider.ErrToken, "", ""},
		"spent token": {
			refuses(400, "invalid_request_error", "token_already_used", nil), provider.ErrToken, "",
			"",
		},
		"anything else": {
			refuses(400, "invalid_request_error", "parameter_unknown", object{"param": "colour"}),
			provider.ErrRefused, "", "",
		},
		"402 of no card": {
			refuses(402, "invalid_request_error", "", nil), provider.ErrRefused, "", "",
		},
		"a 4xx of a wall": {says(403, "<html>"), provider.ErrOutcomeUnknown, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newStandin(t, c.answer)
			result, err := server.provider(t).Charge(t.Context(), charge())
			assert.Equal(t, 1, server.count(), "nothing is tried twice")
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				assert.Empty(t, result)
				assert.NotContains(t, err.Error(), key)
				assert.NotContains(t, err.Error(), "_secret_")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.status, result.Status)
			assert.Equal(t, c.code, result.DeclineCode)
			if name != "declined without payment" {
				assert.Equal(t, "pi_1", result.ProviderPaymentID)
			}
			assert.Equal(t, int64(1250), result.AmountMinor)
			assert.Equal(t, "USD", string(result.Currency))
			if c.code != "" {
				assert.Equal(t, provider.DeclineMessage(c.code), result.DeclineMessage)
			}
		})
	}
}

func redirects(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/v1/elsewhere", http.StatusTemporaryRedirect)
}

// waits until the client gives up.
func waits(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func stops(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"id": "pi_1"`))
}

// Charge: failures by which nothing can have been charged.
func TestWhatWasSurelyNotSent(t *testing.T) {
	t.Parallel()
	gone := newStandin(t, hangsUp)
	p := gone.provider(t)
	gone.Close()
	_, err := p.Charge(t.Context(), charge())
	require.ErrorIs(t, err, provider.ErrUnavailable)

	server := newStandin(t, says(200, intent("succeeded", nil)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = server.provider(t).Charge(ctx, charge())
	require.ErrorIs(t, err, provider.ErrUnavailable)

	for _, c := range []struct {
		change func(*provider.ChargeRequest)
		want   error
	}{
		{
			func(r *provider.ChargeRequest) { r.Token = "4242 4242 4242 4242" },
			provider.ErrCardNumber,
		},
		{func(r *provider.ChargeRequest) { r.Token = "pm_../refunds" }, provider.ErrToken},
		{func(r *provider.ChargeRequest) { r.Token = ".." }, provider.ErrToken},
		{func(r *provider.ChargeRequest) { r.AmountMinor = 0 }, provider.ErrAmount},
		{
			func(r *provider.ChargeRequest) { r.AmountMinor, r.Currency = 1234, "KWD" },
			provider.ErrAmount,
		},
	} {
		request := charge()
		c.change(&request)
		_, err := server.provider(t).Charge(t.Context(), request)
		require.ErrorIs(t, err, c.want)
	}
	assert.Zero(t, server.count())
}

// Charge: the request to Stripe.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	server := newStandin(t, says(200, intent("succeeded", nil)))
	p := server.provider(t)
	request := charge()
	request.Description = "Order 1"
	_, err := p.Charge(t.Context(), request)
	require.NoError(t, err)
	request.Token, request.Currency, request.AmountMinor = "", "ISK", 900
	request.SavedMethod = provider.SavedMethod{
		ProviderMethodID:   "pm_1",
		ProviderCustomerID: "cus_1",
	}
	_, err = p.Charge(t.Context(), request)
	require.NoError(t, err)

	common := map[string]string{
		"confirm":                                    "true",
		"metadata[order_reference]":                  "order-1",
		"metadata[idempotency_key]":                  "key-1",
		"description":                                "Order 1",
		"automatic_payment_methods[enabled]":         "true",
		"automatic_payment_methods[allow_redirects]": "never",
	}
	for i, own := range []map[string]string{
		{
			"amount": "1250", "currency": "usd", "payment_method": "pm_card_visa",
			"error_on_requires_action": "true",
		},
		{
			"amount": "90000", "currency": "isk", "payment_method": "pm_1", "customer": "cus_1",
			"off_session": "true",
		},
	} {
		sent := server.asked[i]
		assert.Equal(t, "POST /v1/payment_intents", sent.method+" "+sent.path)
		assert.Len(t, sent.form, len(common)+len(own), "%v", sent.form)
		for _, fields := range []map[string]string{common, own} {
			for name, want := range fields {
				assert.Equal(t, want, sent.form.Get(name), name)
			}
		}
		assert.Equal(t, "Bearer "+key, sent.header.Get("Authorization"))
		assert.Equal(t, "key-1", sent.header.Get("Idempotency-Key"))
		assert.Equal(t, "shopd", sent.header.Get("User-Agent"))
		for _, telling := range []string{
			"X-Stripe-Client-Telemetry", "X-Stripe-Client-User-Agent",
		} {
			assert.Empty(t, sent.header.Get(telling))
		}
	}
}

// A card token becomes a payment method first, under a key of its own. Whatever goes wrong with
// that, no money moved.
func TestCardTokens(t *testing.T) {
	t.Parallel()
	request := charge()
	request.Token = "tok_visa"
	making := func(answer http.HandlerFunc) *standin {
		return newStandin(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/payment_methods" {
				answer(w, r)
				return
			}
			says(200, intent("succeeded", nil))(w, r)
		})
	}
	server := making(says(200, object{"id": "pm_new", "object": "payment_method"}))
	result, err := server.provider(t).Charge(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, provider.Succeeded, result.Status)
	require.Len(t, server.asked, 2)
	assert.Equal(t, "tok_visa", server.asked[0].form.Get("card[token]"))
	assert.Equal(t, "key-1:method", server.asked[0].header.Get("Idempotency-Key"))
	assert.Equal(t, "pm_new", server.asked[1].form.Get("payment_method"))
	assert.Equal(t, "key-1", server.asked[1].header.Get("Idempotency-Key"))

	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"hangs up": {hangsUp, provider.ErrUnavailable},
		"500":      {refuses(500, "api_error", "", nil), provider.ErrUnavailable},
		"empty":    {says(200, "{}"), provider.ErrUnavailable},
		"unknown": {refuses(
			400, "invalid_request_error", "resource_missing", object{"param": "card[token]"},
		), provider.ErrToken},
	} {
		server := making(c.answer)
		_, err := server.provider(t).Charge(t.Context(), request)
		require.ErrorIs(t, err, c.want, name)
		assert.Equal(t, 1, server.count(), name)
	}
	result, err = making(refuses(402, "card_error", "incorrect_cvc", nil)).provider(t).
		Charge(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, provider.Declined, result.Status)
	assert.Equal(t, "incorrect_cvc", result.DeclineCode)
}

// The answer to the first request is lost; the second one, with the same key, brings it, and there
// is one charge.
func TestALostAnswerIsBroughtByTheSameKey(t *testing.T) {
	t.Parallel()
	charges := map[string]object{}
	server := newStandin(t, func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if made, ok := charges[key]; ok {
			w.Header().Set("Idempotent-Replayed", "true")
			says(200, made)(w, r)
			return
		}
		charges[key] = intent("succeeded", nil)
		hangsUp(w, r)
	})
	p := server.provider(t)
	_, err := p.Charge(t.Context(), charge())
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	for range 2 {
		result, err := p.Charge(t.Context(), charge())
		require.NoError(t, err)
		assert.Equal(t, provider.Succeeded, result.Status)
	}
	assert.Len(t, charges, 1)
}

// New: keys and addresses that cannot work.
func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, options := range []stripepay.Options{
		{}, {Key: "pk_test_public"}, {Key: "sk_test_with space"}, {Key: "sk_test_line\n"},
		{Key: key, BaseURL: "api.stripe.com"}, {Key: key, BaseURL: "ftp://api.stripe.com"},
	} {
		_, err := stripepay.New(options)
		require.ErrorIs(t, err, provider.ErrConfiguration)
		if options.Key != "" {
			assert.NotContains(t, err.Error(), options.Key)
		}
	}
	p, err := stripepay.New(stripepay.Options{Key: "rk_live_restricted"})
	require.NoError(t, err)
	assert.Equal(t, "stripe", p.Name())
}
