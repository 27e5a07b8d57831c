package stripepay_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
)

// methods serves what saving a method requests; attach serves the last of it.
func methods(attach http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/payment_methods":
			says(200, object{"id": "pm_new", "object": "payment_method", "type": "card"})(w, r)
		case "/v1/customers":
			says(200, object{"id": "cus_new", "object": "customer"})(w, r)
		default:
			attach(w, r)
		}
	}
}

// SaveMethod: a card, and its customer at Stripe.
func TestSaveMethod(t *testing.T) {
	t.Parallel()
	card := says(
		200,
		object{"id": "pm_new", "object": "payment_method", "type": "card", "card": object{
			"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031,
		}},
	)
	server := newStandin(t, methods(card))
	p := server.provider(t)
	saved, err := p.SaveMethod(t.Context(), "user-1", "", "tok_visa")
	require.NoError(t, err)
	assert.Equal(t, provider.Method{
		ProviderMethodID:   "pm_new",
		ProviderCustomerID: "cus_new",
		Brand:              "visa",
		LastFour:           "4242",
		ExpMonth:           8,
		ExpYear:            2031,
	}, saved)
	require.Len(t, server.asked, 3)
	assert.Equal(t, "tok_visa", server.asked[0].form.Get("card[token]"))
	assert.Equal(t, "user-1", server.asked[1].form.Get("metadata[customer_reference]"))
	assert.Equal(t, "customer:user-1", server.asked[1].header.Get("Idempotency-Key"))
	assert.Equal(t, "/v1/payment_methods/pm_new/attach", server.asked[2].path)
	assert.Equal(t, "cus_new", server.asked[2].form.Get("customer"))

	_, err = p.SaveMethod(t.Context(), "user-1", "cus_1", "pm_1")
	require.NoError(t, err)
	require.Len(t, server.asked, 4, "the customer and the method are there")
	assert.Equal(t, "/v1/payment_methods/pm_1/attach", server.asked[3].path)
	assert.Equal(t, "cus_1", server.asked[3].form.Get("customer"))

	sepa := newStandin(
		t,
		methods(
			says(200, object{"id": "pm_new", "object": "payment_method", "type": "sepa_debit"}),
		),
	)
	saved, err = sepa.provider(t).SaveMethod(t.Context(), "user-1", "cus_1", "pm_1")
	require.NoError(t, err)
	assert.Equal(t, "sepa_debit", saved.Brand)
}

// SaveMethod: every answer of Stripe that is a failure.
func TestSaveMethodFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token  string
		answer http.HandlerFunc
		want   error
	}{
		"card number": {"４２４２４２４２４２４２４２４２", hangsUp, provider.ErrCardNumber},
		"nothing":     {"", hangsUp, provider.ErrRefused},
		"a path":      {"../customers", hangsUp, provider.ErrToken},
		"unknown": {
			"pm_9", methods(refuses(404, "invalid_request_error", "resource_missing", nil)),
			provider.ErrToken,
		},
		"another's": {
			"pm_1", methods(refuses(400, "invalid_request_error", "", nil)), provider.ErrToken,
		},
		"spent token": {
			"tok_1", refuses(400, "invalid_request_error", "token_already_used", nil),
			provider.ErrToken,
		},
		"customer fails": {"pm_1", refuses(500, "api_error", "", nil), provider.ErrOutcomeUnknown},
		"hangs up":       {"pm_1", methods(hangsUp), provider.ErrOutcomeUnknown},
	} {
		_, err := newStandin(t, c.answer).provider(t).SaveMethod(t.Context(), "user-1", "", c.token)
		assert.ErrorIs(t, err, c.want, name)
	}
	server := newStandin(
		t,
		methods(
			refuses(402, "card_error", "card_declined", object{"decline_code": "expired_card"}),
		),
	)
	_, err := server.provider(t).SaveMethod(t.Context(), "user-1", "", "pm_1")
	var declined *provider.DeclinedError
	require.ErrorAs(t, err, &declined)
	assert.Equal(t, "expired_card", declined.Code)
	assert.Equal(t, provider.DeclineMessage("expired_card"), declined.Message)
}

// RemoveMethod: every answer of Stripe, and what it means.
func TestRemoveMethod(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"there": {says(200, object{"id": "pm_1", "object": "payment_method"}), nil},
		"unknown": {refuses(
			404, "invalid_request_error", "resource_missing", object{"param": "payment_method"},
		), nil},
		"detached": {refuses(400, "invalid_request_error", "", nil), nil},
		"500":      {refuses(500, "api_error", "", nil), provider.ErrOutcomeUnknown},
		"429": {
			refuses(429, "invalid_request_error", "rate_limit", nil), provider.ErrUnavailable,
		},
		"key": {refuses(401, "invalid_request_error", "", nil), provider.ErrConfiguration},
	} {
		server := newStandin(t, c.answer)
		err := server.provider(t).
			RemoveMethod(
				t.Context(),
				provider.SavedMethod{ProviderMethodID: "pm_1", ProviderCustomerID: "cus_1"},
			)
		require.ErrorIs(t, err, c.want, name)
		assert.Equal(t, "/v1/payment_methods/pm_1/detach", server.asked[0].path)
	}
}
