package stripepay_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
)

// pages serves a list as Stripe does: two objects a page, by starting_after.
func pages(all ...object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rest := all
		for i, o := range all {
			if o["id"] == r.Form.Get("starting_after") {
				rest = all[i+1:]
			}
		}
		page := rest[:min(2, len(rest))]
		if page == nil {
			page = []object{}
		}
		says(200, object{"object": "list", "data": page, "has_more": len(rest) > len(page)})(w, r)
	}
}

func paid(id, status, order, key string) object {
	return intent(
		status,
		object{"id": id, "metadata": object{"order_reference": order, "idempotency_key": key}},
	)
}

// Find: by key and by order, over several pages.
func TestFind(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	server := newStandin(t, pages(
		paid("pi_5", "requires_payment_method", "order-1", "key-5"),
		intent("succeeded", object{"id": "pi_4", "metadata": object{}}), // made by another tool
		paid("pi_3", "processing", "order-1", "key-3"),
		paid("pi_2", "succeeded", "order-1", "key-2"),
		paid("pi_1", "requires_payment_method", "order-2", "key-1"),
	))
	p := server.provider(t)
	for name, c := range map[string]struct {
		request provider.FindRequest
		id      string // empty: not found
		status  provider.Status
	}{
		"key": {provider.FindRequest{IdempotencyKey: "key-2"}, "pi_2", provider.Succeeded},
		"key before order": {
			provider.FindRequest{IdempotencyKey: "key-3", OrderReference: "order-1"}, "pi_3",
			provider.Pending,
		},
		"declined": {provider.FindRequest{IdempotencyKey: "key-1"}, "pi_1", provider.Declined},
		"order":    {provider.FindRequest{OrderReference: "order-1"}, "pi_2", provider.Succeeded},
		"order declined": {
			provider.FindRequest{OrderReference: "order-2"}, "pi_1", provider.Declined,
		},
		"unknown key": {provider.FindRequest{IdempotencyKey: "key-9"}, "", ""},
		"unknown key of order": {
			provider.FindRequest{IdempotencyKey: "key-9", OrderReference: "order-1"}, "", "",
		},
		"unknown order": {provider.FindRequest{OrderReference: "order-9"}, "", ""},
	} {
		c.request.AttemptedAt = at
		result, found, err := p.Find(t.Context(), c.request)
		require.NoError(t, err, name)
		assert.Equal(t, c.id != "", found, name)
		assert.Equal(t, c.id, result.ProviderPaymentID, name)
		assert.Equal(t, c.status, result.Status, name)
	}
	for _, sent := range server.asked {
		assert.Equal(t, "GET /v1/payment_intents", sent.method+" "+sent.path)
		assert.Equal(t, strconv.Itoa(1_800_000_000-300), sent.form.Get("created[gte]"))
		assert.Equal(t, strconv.Itoa(1_800_000_000+600), sent.form.Get("created[lte]"))
	}
}

// Find: by Stripe's id.
func TestFindByID(t *testing.T) {
	t.Parallel()
	server := newStandin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/payment_intents/pi_1" {
			says(200, intent("succeeded", nil))(w, r)
			return
		}
		refuses(404, "invalid_request_error", "resource_missing", object{"param": "intent"})(w, r)
	})
	result, found, err := server.provider(t).
		Find(t.Context(), provider.FindRequest{ProviderPaymentID: "pi_1"})
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, provider.Succeeded, result.Status)
	_, found, err = server.provider(t).
		Find(t.Context(), provider.FindRequest{ProviderPaymentID: "pi_9"})
	require.NoError(t, err)
	assert.False(t, found)
}

// "Not found" is only said by Stripe itself: whatever goes wrong on the way is an error, on the
// second page as well.
func TestFindDoesNotTakeAFailureForNothing(t *testing.T) {
	t.Parallel()
	second := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Form.Get("starting_after") == "" {
				says(
					200,
					object{
						"object":   "list",
						"data":     []object{paid("pi_1", "succeeded", "o", "k")},
						"has_more": true,
					},
				)(w, r)
				return
			}
			answer(w, r)
		}
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		data := []object{}
		for i := range 2500 {
			data = append(data, object{"id": fmt.Sprint("pi_", i), "object": "payment_intent"})
		}
		says(200, object{"object": "list", "data": data, "has_more": true})(w, r)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"500":            {refuses(500, "api_error", "", nil), provider.ErrUnavailable},
		"500 later":      {second(refuses(500, "api_error", "", nil)), provider.ErrUnavailable},
		"hangs up later": {second(hangsUp), provider.ErrUnavailable},
		"429": {
			refuses(429, "invalid_request_error", "rate_limit", nil), provider.ErrUnavailable,
		},
		"wrong key": {
			refuses(401, "invalid_request_error", "", nil), provider.ErrConfiguration,
		},
		"endless": {endless, provider.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, found, err := newStandin(t, c.answer).provider(t).
				Find(
					t.Context(),
					provider.FindRequest{IdempotencyKey: "key-1", AttemptedAt: time.Now()},
				)
			require.ErrorIs(t, err, c.want)
			require.NotErrorIs(t, err, provider.ErrOutcomeUnknown)
			assert.False(t, found)
		})
	}
	_, _, err := newStandin(t, hangsUp).provider(t).
		Find(t.Context(), provider.FindRequest{ProviderPaymentID: "pi_1"})
	require.ErrorIs(t, err, provider.ErrUnavailable)
	_, _, err = newStandin(t, hangsUp).provider(t).
		Find(t.Context(), provider.FindRequest{IdempotencyKey: "no time"})
	assert.ErrorIs(t, err, provider.ErrRefused)
}
