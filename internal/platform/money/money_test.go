package money_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/platform/money"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency money.Currency
		minor    int64
		want     string
	}{
		{"USD", 1250, "12.50"},
		{"USD", 5, "0.05"},
		{"USD", 0, "0.00"},
		{"USD", -5, "-0.05"},
		{"USD", math.MaxInt64, "92233720368547758.07"},
		{"USD", math.MinInt64, "-92233720368547758.08"},
		{"JPY", 1200, "1200"},
		{"KWD", 1, "0.001"},
	} {
		assert.Equal(t, c.want, c.currency.Format(c.minor))
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"": money.ErrSyntax, ".": money.ErrSyntax, "1.": money.ErrSyntax, ".5": money.ErrSyntax,
		"1e3": money.ErrSyntax, "+1": money.ErrSyntax, "1,50": money.ErrSyntax, "--1": money.ErrSyntax,
		"NaN": money.ErrSyntax, "1.234": money.ErrPrecision, "92233720368547758.08": money.ErrRange,
		"99999999999999999999999": money.ErrRange,
	} {
		_, err := money.Currency("USD").Parse(text)
		assert.ErrorIs(t, err, want, "%q", text)
	}
	_, err := money.Currency("JPY").Parse("1.0")
	assert.ErrorIs(t, err, money.ErrPrecision)
}

func TestFormatThenParseIsIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD", "EUR"}).Draw(t, "currency")
		minor := rapid.Int64Min(math.MinInt64+1).Draw(t, "minor")
		back, err := currency.Parse(currency.Format(minor))
		require.NoError(t, err)
		require.Equal(t, minor, back)
	})
}

func TestParseCurrency(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "usd", "US", "USDX", "U$D"} {
		_, err := money.ParseCurrency(bad)
		assert.Error(t, err, "%q", bad)
	}
	got, err := money.ParseCurrency("EUR")
	require.NoError(t, err)
	assert.Equal(t, "12.50 EUR", money.Amount{Minor: 1250, Currency: got}.String())
}
