// Package money calculates with exact amounts: an int64 count of a currency's minor units. Decimal
// strings exist only where amounts enter and leave the program: in JSON, CSV and texts.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is a count of minor units (cents for USD, yen for JPY) of one currency.
type Amount struct {
	Minor    int64
	Currency Currency
}

// Currency is an ISO 4217 alphabetic code.
type Currency string

// minorDigits lists the currencies whose minor unit is not 1/100 (ISO 4217, table A.1).
var minorDigits = map[Currency]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0,
	"PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// Errors of Parse.
var (
	ErrSyntax    = errors.New("an amount is digits with an optional decimal point, such as 12.50")
	ErrPrecision = errors.New("more decimals than the currency has")
	ErrRange     = errors.New("amount out of range")
)

// ParseCurrency returns the currency of a code of three upper-case letters.
func ParseCurrency(code string) (Currency, error) {
	if len(code) != 3 {
		return "", fmt.Errorf("%q is not an ISO 4217 code such as USD", code)
	}
	for _, r := range code {
		if r < 'A' || r > 'Z' {
			return "", fmt.Errorf("%q is not an ISO 4217 code such as USD", code)
		}
	}
	return Currency(code), nil
}

// Digits returns the number of decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD.
func (c Currency) Digits() int {
	if d, ok := minorDigits[c]; ok {
		return d
	}
	return 2
}

// Format returns minor units of c as a decimal string with exactly the currency's decimals: 1250
// USD is "12.50".
func (c Currency) Format(minor int64) string {
	digits := c.Digits()
	if digits == 0 {
		return strconv.FormatInt(minor, 10)
	}
	sign := ""
	magnitude := uint64(minor)
	if minor < 0 {
		sign, magnitude = "-", -magnitude
	}
	text := strconv.FormatUint(magnitude, 10)
	if pad := digits + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	point := len(text) - digits
	return sign + text[:point] + "." + text[point:]
}

// Parse reads a plain decimal string in c, such as "12.5" or "-3", without rounding.
func (c Currency) Parse(text string) (int64, error) {
	digits := c.Digits()
	rest, negative := strings.CutPrefix(text, "-")
	whole, fraction, hasPoint := strings.Cut(rest, ".")
	if whole == "" || (hasPoint && fraction == "") || !allDigits(whole) || !allDigits(fraction) {
		return 0, ErrSyntax
	}
	if len(fraction) > digits {
		return 0, ErrPrecision
	}
	fraction += strings.Repeat("0", digits-len(fraction))
	magnitude, err := strconv.ParseUint(whole+fraction, 10, 64)
	if err != nil || magnitude > math.MaxInt64 {
		return 0, ErrRange
	}
	if negative {
		return -int64(magnitude), nil
	}
	return int64(magnitude), nil
}

// maxWhole is the most digits an amount has before its decimal point.
const maxWhole = 15

// Limit returns the greatest amount of c that is allowed, in minor units.
func (c Currency) Limit() int64 {
	limit := int64(1)
	for range maxWhole + c.Digits() {
		limit *= 10
	}
	return limit - 1
}

// FormatSum returns a sum of amounts as a decimal string. A sum beyond the limit is shown as the
// limit.
func (c Currency) FormatSum(minor int64) string { return c.Format(min(minor, c.Limit())) }

// Times returns n times an amount, or the limit and false if the result is beyond it. Neither
// argument is negative.
func (c Currency) Times(minor, n int64) (int64, bool) {
	high, low := bits.Mul64(uint64(minor), uint64(n))
	if high != 0 || low > uint64(c.Limit()) {
		return c.Limit(), false
	}
	return int64(low), true
}

// Plus returns the sum of two amounts, or the limit and false if the sum is beyond it. Neither
// amount is negative.
func (c Currency) Plus(a, b int64) (int64, bool) {
	if limit := c.Limit(); a > limit || b > limit-a {
		return limit, false
	}
	return a + b, true
}

// PercentOff returns how much less the discounted price is than the price, in whole per cent,
// rounded half up; nil without a discounted price or for a price of zero. Neither is negative.
func PercentOff(price int64, discounted *int64) *int32 {
	if discounted == nil || price <= 0 {
		return nil
	}
	high, low := bits.Mul64(uint64(max(price-*discounted, 0)), 200)
	low, carry := bits.Add64(low, uint64(price), 0)
	percent, _ := bits.Div64(high+carry, low, 2*uint64(price))
	return new(int32(percent))
}

// String returns the amount with its currency, such as "12.50 USD".
func (a Amount) String() string { return a.Currency.Format(a.Minor) + " " + string(a.Currency) }

// Decimal returns the amount without its currency, such as "12.50".
func (a Amount) Decimal() string { return a.Currency.Format(a.Minor) }

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
