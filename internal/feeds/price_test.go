package feeds

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/platform/money"
)

// startImport: the forms of prices.
func TestParsePrice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		shop  money.Currency
		minor int64
	}{
		"19.99 USD": {"USD", 1999}, "USD 19.99": {"USD", 1999}, "19.99": {"USD", 1999},
		"usd19.99": {"USD", 1999}, "19.99usd": {"USD", 1999}, "$19.99": {"USD", 1999},
		"$ 19.99 USD": {"USD", 1999}, "US$19.99": {"USD", 1999}, "$5": {"CAD", 500},
		"5": {"USD", 500}, "5.5": {"USD", 550}, ".99": {"USD", 99}, "0": {"USD", 0},
		"+5": {"USD", 500}, "€19,99": {"EUR", 1999}, "19,99 €": {"EUR", 1999},
		"1.299,00 €": {"EUR", 129900}, "1.234.567,89 EUR": {"EUR", 123456789},
		"1\u00a0299,00\u00a0€": {"EUR", 129900}, "1 299": {"EUR", 129900},
		"1,299.00 USD": {"USD", 129900}, "1,299": {"USD", 129900}, "1,234,567": {"USD", 123456700},
		"1.234.567": {"EUR", 123456700}, "1'299.50 CHF": {"CHF", 129950},
		"1’299.50": {"CHF", 129950}, "5,- €": {"EUR", 500}, "5.–": {"CHF", 500},
		"0.001 KWD": {"KWD", 1}, "1.299 KWD": {"KWD", 1299}, "¥1200": {"JPY", 1200},
		"¥1,200": {"JPY", 1200}, "1200 JPY": {"JPY", 1200}, "１２００円": {"JPY", 1200},
		"1200.00":   {"JPY", 1200},
		"₹1,29,999": {"INR", 12999900}, "₹ 1,29,999.50": {"INR", 12999950},
		"Rs.1,299/-": {"INR", 129900}, "US $12.99": {"USD", 1299}, "USD $12.99": {"USD", 1299},
		"1 299:-": {"SEK", 129900}, "Kr 1299": {"SEK", 129900}, "299 KR": {"NOK", 29900},
		"12,-- EUR": {"EUR", 1200}, "12,— €": {"EUR", 1200}, "12,50 Euro": {"EUR", 1250},
		"19.": {"USD", 1900}, "129.000đ": {"VND", 129000}, "Rp 129.000,00": {"IDR", 12900000},
		"NT$1,299": {"TWD", 129900}, "RM 12.90": {"MYR", 1290}, "1299 zl": {"PLN", 129900},
		"99 ZŁ": {"PLN", 9900}, "12.500 DT": {"TND", 12500}, "KD 1.250": {"KWD", 1250},
		"$12.990": {"CLP", 12990}, "129.000": {"VND", 129000}, "1.299": {"JPY", 1299},
		"1,250.000": {"KWD", 1250000}, "0,250": {"KWD", 250}, "1,25": {"KWD", 1250},
		"١٢٫٥٠": {"USD", 1250}, "\u200e$5": {"USD", 500}, "19.9900": {"USD", 1999},
		"0.500": {"USD", 50}, "999999999999999.99": {"USD", 99999999999999999},
		"kr 99,50": {"SEK", 9950}, "99 zł": {"PLN", 9900},
	} {
		minor, err := parsePrice(text, want.shop)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want.minor, minor, "%q", text)
	}
	for text, want := range map[string]error{
		"": errNoPrice, "free": errNoPrice, "NaN": errNoPrice, "Inf": errNoPrice, "1e5": errNoPrice,
		"0x10": errNoPrice, "1,2,3": errNoPrice, "1.2.3,4": errNoPrice, "5 5": errNoPrice,
		"5 USD 5": errNoPrice, "12,34,567": errNoPrice, "EUR 5 USD": errNoPrice,
		"5 dollars": errNoPrice, "-5": errNegative, "−5 USD": errNegative, "USD -5": errNegative,
		"5-": errNegative, "1.299": errAmbiguous, "1.9999": errDecimals, "1.99 JPY": nil,
		"1000000000000000": errTooMuch, "99999999999999999999999": errTooMuch,
	} {
		_, err := parsePrice(text, "USD")
		if want == nil {
			require.ErrorContains(t, err, "is in JPY; the shop sells in USD", "%q", text)
			continue
		}
		require.ErrorIs(t, err, want, "%q", text)
	}
	for _, text := range []string{"KWD 1,250", "1,250", "12,500 KD", "999,999"} {
		_, err := parsePrice(text, "KWD")
		require.ErrorIs(t, err, errAmbiguous, "%q", text)
	}
	for _, shop := range []money.Currency{"BHD", "JOD", "OMR", "TND"} {
		_, err := parsePrice("1,250", shop)
		require.ErrorIs(t, err, errAmbiguous, shop)
	}
	for text, other := range map[string]string{
		"€5": "EUR", "5 GBP": "GBP", "¥5": "JPY", "R$ 5": "BRL",
	} {
		_, err := parsePrice(text, "USD")
		require.ErrorContains(t, err, "is in "+other, text)
	}
}

// startImport: prices as the shop formats them are parsed; any other text is a price or an error.
func TestPricesAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shop := rapid.SampledFrom([]money.Currency{"USD", "EUR", "JPY", "KWD"}).Draw(t, "currency")
		minor := rapid.Int64Range(0, shop.Limit()).Draw(t, "minor")
		plain := shop.Format(minor)
		texts := []string{
			plain + " " + string(shop), string(shop) + " " + plain,
			strings.Replace(plain, ".", ",", 1) + " " + string(shop),
		}
		if shop == "KWD" || shop == "JPY" {
			texts = texts[:2]
		}
		for _, text := range texts {
			got, err := parsePrice(text, shop)
			if err != nil || got != minor {
				t.Fatalf("%q: %d %v", text, got, err)
			}
		}
		if minor, err := parsePrice(rapid.String().Draw(t, "text"), shop); err == nil &&
			(minor < 0 || minor > shop.Limit()) {
			t.Fatalf("%d", minor)
		}
	})
}

// Formulas in an export are escaped, and unescaped by an import.
func TestMarksAreTakenAway(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "'=1+1": "''=1+1", "-5": "'-5", "\t=x": "'\t=x", "'s": "''s", "": "",
		"plain": "plain", "'": "''",
	} {
		assert.Equal(t, want, escapeFormula(text))
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got := unescapeFormula(escapeFormula(text)); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
