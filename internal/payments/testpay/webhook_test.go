package testpay_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// Webhook, ParseWebhook: what is signed is read, what is changed is refused.
func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	p, _ := shop(t, func(o *testpay.Options) { o.Now = func() time.Time { return at } })
	paid, err := p.Charge(t.Context(), charge("k", testpay.TokenVisa))
	require.NoError(t, err)
	payload, header, err := p.Webhook(t.Context(), paid.ProviderPaymentID)
	require.NoError(t, err)

	event, err := p.ParseWebhook(payload, header, at.Add(4*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, provider.Event{
		ID: "evt_" + paid.ProviderPaymentID + "_succeeded", Type: provider.PaymentSucceeded,
		ProviderPaymentID: paid.ProviderPaymentID, OrderReference: "order-k", IdempotencyKey: "k",
		AmountMinor: 1250, Currency: "USD", At: at.UTC(),
	}, event)

	stranger, _ := shop(t, func(o *testpay.Options) { o.WebhookSecret = "another" })
	unset, _ := shop(t, func(o *testpay.Options) { o.WebhookSecret = "" })
	for name, c := range map[string]struct {
		p       *testpay.Provider
		payload []byte
		header  string
		now     time.Time
		want    error
	}{
		"other amount": {
			p, bytes.Replace(payload, []byte("1250"), []byte("1251"), 1), header, at,
			provider.ErrBadSignature,
		},
		"other white": {
			p, append(bytes.Clone(payload), ' '), header, at, provider.ErrBadSignature,
		},
		"no signature": {p, payload, "", at, provider.ErrBadSignature},
		"old": {
			p, payload, header, at.Add(5*time.Minute + time.Second), provider.ErrBadSignature,
		},
		"future":          {p, payload, header, at.Add(-6 * time.Minute), provider.ErrBadSignature},
		"another's":       {stranger, payload, header, at, provider.ErrBadSignature},
		"without secret":  {unset, payload, header, at, provider.ErrConfiguration},
		"only the header": {p, nil, header, at, provider.ErrBadSignature},
	} {
		_, err := c.p.ParseWebhook(c.payload, c.header, c.now)
		assert.ErrorIs(t, err, c.want, name)
	}
	_, _, err = unset.Webhook(t.Context(), paid.ProviderPaymentID)
	assert.ErrorIs(t, err, provider.ErrConfiguration)
}
