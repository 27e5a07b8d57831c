package stripepay

import (
	"fmt"
	"math"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// Stripe counts most currencies in the minor units of ISO 4217, as the shop does. (HUF and TWD too:
// only payouts of those are in whole units.) These are the exceptions.
var (
	// Without decimals by ISO 4217, but counted in hundredths that must be 00.
	inHundredths = map[money.Currency]bool{"ISK": true, "UGX": true}
	// With two decimals by ISO 4217, but counted in whole units.
	inWholes = map[money.Currency]bool{"MGA": true}
)

// toStripe returns the amount as Stripe counts it, or ErrAmount if Stripe cannot express it.
func toStripe(minor int64, currency money.Currency) (int64, error) {
	switch {
	case inHundredths[currency]:
		if minor > math.MaxInt64/100 {
			return 0, fmt.Errorf("%w: it is too much", provider.ErrAmount)
		}
		return minor * 100, nil
	case inWholes[currency]:
		if minor%100 != 0 {
			return 0, fmt.Errorf("%w: Stripe takes whole %s only", provider.ErrAmount, currency)
		}
		return minor / 100, nil
	case currency.Digits() == 3 && minor%10 != 0:
		return 0, fmt.Errorf(
			"%w: Stripe takes %s with two decimals only", provider.ErrAmount, currency,
		)
	default:
		return minor, nil
	}
}

// fromStripe returns Stripe's amount in minor units. An amount that the currency cannot express,
// which Stripe does not send, becomes -1, which is no order's total.
func fromStripe(amount int64, code stripe.Currency) (minor int64, currency money.Currency) {
	currency = money.Currency(strings.ToUpper(string(code)))
	switch {
	case inHundredths[currency]:
		if amount%100 != 0 {
			return -1, currency
		}
		return amount / 100, currency
	case inWholes[currency]:
		if amount > math.MaxInt64/100 {
			return -1, currency
		}
		return amount * 100, currency
	default:
		return amount, currency
	}
}

func stripeCurrency(currency money.Currency) *string {
	return stripe.String(strings.ToLower(string(currency)))
}
