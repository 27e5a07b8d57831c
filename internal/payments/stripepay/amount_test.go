package stripepay

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// toStripe, fromStripe: currencies that Stripe counts in its own way.
func TestAmountsAsStripeCountsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor    int64
		currency money.Currency
		want     int64
		err      error
	}{
		{1250, "USD", 1250, nil},
		{500, "JPY", 500, nil},
		{500, "KRW", 500, nil},
		{500, "XOF", 500, nil},
		{1051, "HUF", 1051, nil}, // whole units are asked for in payouts only
		{80045, "TWD", 80045, nil},
		{5, "ISK", 500, nil},
		{5, "UGX", 500, nil},
		{math.MaxInt64/100 + 1, "UGX", 0, provider.ErrAmount},
		{1200, "MGA", 12, nil},
		{1220, "MGA", 0, provider.ErrAmount},
		{5120, "KWD", 5120, nil},
		{5124, "KWD", 0, provider.ErrAmount},
		{10, "BHD", 10, nil},
		{1, "JOD", 0, provider.ErrAmount},
		{999, "OMR", 0, provider.ErrAmount},
		{990, "TND", 990, nil},
	} {
		got, err := toStripe(c.minor, c.currency)
		require.ErrorIs(t, err, c.err, "%d %s", c.minor, c.currency)
		assert.Equal(t, c.want, got, "%d %s", c.minor, c.currency)
	}
	minor, currency := fromStripe(550, "isk")
	assert.Equal(t, int64(-1), minor, "half a króna fits no order")
	assert.Equal(t, money.Currency("ISK"), currency)
	minor, _ = fromStripe(math.MaxInt64, "mga")
	assert.Equal(t, int64(-1), minor)
}

// toStripe, fromStripe: an amount comes back as it went.
func TestAmountsThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := money.Currency(
			rapid.SampledFrom(
				[]string{"USD", "EUR", "JPY", "ISK", "UGX", "HUF", "TWD", "MGA", "KWD", "TND"},
			).
				Draw(t, "currency"),
		)
		minor := rapid.Int64Range(1, math.MaxInt64).Draw(t, "minor")
		amount, err := toStripe(minor, currency)
		if err != nil {
			t.Skip("Stripe does not take it")
		}
		back, code := fromStripe(amount, stripe.Currency(strings.ToLower(string(currency))))
		if back != minor || code != currency {
			t.Fatalf("%d %s came back as %d %s", minor, currency, back, code)
		}
	})
}
