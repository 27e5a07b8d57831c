package money_test

import (
	"math"
	"math/big"
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
		"1e3": money.ErrSyntax, "+1": money.ErrSyntax, "1,50": money.ErrSyntax,
		"--1": money.ErrSyntax, "NaN": money.ErrSyntax, "1.234": money.ErrPrecision,
		"92233720368547758.08":    money.ErrRange,
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
		currency := rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD", "EUR"}).
			Draw(t, "currency")
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

func TestSumsStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	assert.Equal(
		t, "999999999999999.99", money.Currency("USD").Format(money.Currency("USD").Limit()),
	)
	assert.Equal(t, "999999999999999", money.Currency("JPY").Format(money.Currency("JPY").Limit()))
	rapid.Check(t, func(t *rapid.T) {
		c := money.Currency(rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency"))
		a := rapid.Int64Range(0, math.MaxInt64).Draw(t, "a")
		b := rapid.Int64Range(0, math.MaxInt64).Draw(t, "b")
		limit := big.NewInt(c.Limit())
		same := func(want *big.Int, got int64, ok bool) {
			if fits := want.Cmp(limit) <= 0; fits != ok {
				t.Fatalf("%s fits: %v, not %v", want, fits, ok)
			} else if !fits {
				want = limit
			}
			if want.Cmp(big.NewInt(got)) != 0 {
				t.Fatalf("%d, not %s", got, want)
			}
		}
		product, ok := c.Times(a, b%1_000_000)
		same(new(big.Int).Mul(big.NewInt(a), big.NewInt(b%1_000_000)), product, ok)
		sum, ok := c.Plus(a, b)
		same(new(big.Int).Add(big.NewInt(a), big.NewInt(b)), sum, ok)
	})
}

func TestPercentOff(t *testing.T) {
	t.Parallel()
	assert.Nil(t, money.PercentOff(100, nil))
	assert.Nil(t, money.PercentOff(0, new(int64(0))), "free")
	for _, c := range []struct {
		price, discounted int64
		percent           int32
	}{
		{100, 100, 0}, {100, 120, 0}, {100, 0, 100}, {100, 75, 25}, {200, 199, 1}, {1000, 996, 0},
		{299_99, 249_99, 17}, {1e17, 1, 100}, {1e17, 5e16, 50}, {math.MaxInt64, 0, 100},
	} {
		assert.Equal(t, new(c.percent), money.PercentOff(c.price, &c.discounted), "%v", c)
	}
}
