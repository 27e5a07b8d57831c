package feeds

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/platform/money"
)

// symbols are what stands for currencies beside their codes. A sign that several have means the
// shop's, if it is one of them.
var symbols = map[string][]money.Currency{
	"€":    {"EUR"},
	"£":    {"GBP", "EGP", "LBP"},
	"¥":    {"JPY", "CNY"},
	"￥":    {"JPY", "CNY"},
	"元":    {"CNY"},
	"円":    {"JPY"},
	"$":    {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP", "BRL"},
	"US$":  {"USD"},
	"C$":   {"CAD"},
	"CA$":  {"CAD"},
	"A$":   {"AUD"},
	"AU$":  {"AUD"},
	"NZ$":  {"NZD"},
	"S$":   {"SGD"},
	"HK$":  {"HKD"},
	"R$":   {"BRL"},
	"MX$":  {"MXN"},
	"₹":    {"INR"},
	"Rs":   {"INR", "PKR", "LKR", "NPR"},
	"Rs.":  {"INR", "PKR", "LKR", "NPR"},
	"₩":    {"KRW"},
	"₽":    {"RUB"},
	"руб.": {"RUB"},
	"₺":    {"TRY"},
	"TL":   {"TRY"},
	"₴":    {"UAH"},
	"₫":    {"VND"},
	"฿":    {"THB"},
	"₪":    {"ILS"},
	"₦":    {"NGN"},
	"₱":    {"PHP"},
	"kr":   {"SEK", "NOK", "DKK", "ISK"},
	"kr.":  {"DKK", "SEK", "NOK", "ISK"},
	"zł":   {"PLN"},
	"Kč":   {"CZK"},
	"Ft":   {"HUF"},
	"lei":  {"RON"},
	"Fr.":  {"CHF"},
	"SFr.": {"CHF"},
	"R":    {"ZAR"},
}

// Why a price is none.
var (
	errNoPrice   = errors.New("is not a price such as 19.99 USD")
	errNegative  = errors.New("is below zero")
	errAmbiguous = errors.New(
		"may mean thousands or decimals: write it with the currency's decimals, such as 1299.00",
	)
	errDecimals = errors.New("has more decimals than the currency")
	errTooMuch  = errors.New("is more than a price can be")
)

// parsePrice reads a price in any usual form, such as "19.99 USD", "USD 19.99", "€19,99", "1.299,00
// €" or "¥1200", as minor units of the shop's currency. A price without a currency is in that.
func parsePrice(text string, shop money.Currency) (int64, error) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0', r == '\u202f', r == '\u2009':
			return ' '
		case r == '−', r == '–':
			return '-'
		case r == '’':
			return '\''
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return r
	}, text)
	first := strings.IndexFunc(text, isDigit)
	last := strings.LastIndexFunc(text, isDigit)
	if first < 0 {
		return 0, errNoPrice
	}
	before, number, after := strings.TrimSpace(text[:first]), text[first:last+1], strings.TrimSpace(
		text[last+1:],
	)
	if strings.HasSuffix(before, ".") && !strings.ContainsFunc(before, unicode.IsLetter) { // .99
		before, number = strings.TrimSpace(strings.TrimSuffix(before, ".")), "0."+number
	}
	if len(after) > 1 && strings.ContainsRune(",.", rune(after[0])) && after[1] == '-' { // 5,- is 5
		after = strings.TrimSpace(after[2:])
	}
	if strings.ContainsRune(before, '-') || strings.HasPrefix(after, "-") {
		return 0, errNegative
	}
	named := strings.TrimSpace(strings.TrimPrefix(before, "+") + after)
	if before != "" && after != "" && before != "+" && !strings.EqualFold(before, after) &&
		!sameCurrency(before, after) {
		return 0, errNoPrice
	}
	if before != "" && before != "+" && after != "" {
		named = after
	}
	if err := checkCurrency(named, shop); err != nil {
		return 0, err
	}
	plain, err := plainNumber(number, shop.Digits())
	if err != nil {
		return 0, err
	}
	minor, err := shop.Parse(plain)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return 0, errDecimals
	case errors.Is(err, money.ErrRange), err == nil && minor > shop.Limit():
		return 0, errTooMuch
	case err != nil:
		return 0, errNoPrice
	}
	return minor, nil
}

// sameCurrency reports whether a sign and a code, as in "$19.99 USD", can mean one currency.
func sameCurrency(a, b string) bool {
	return slices.Contains(symbols[a], money.Currency(strings.ToUpper(b))) ||
		slices.Contains(symbols[b], money.Currency(strings.ToUpper(a)))
}

func checkCurrency(named string, shop money.Currency) error {
	if named == "" {
		return nil
	}
	meant, known := symbols[named]
	if !known {
		code, err := money.ParseCurrency(strings.ToUpper(named))
		if err != nil {
			return errNoPrice
		}
		meant = []money.Currency{code}
	}
	if !slices.Contains(meant, shop) {
		return fmt.Errorf("is in %s; the shop sells in %s", meant[0], shop)
	}
	return nil
}

// plainNumber takes the separators of thousands out of a number and makes a decimal comma a point.
// What stands once and before other than three digits is decimal; what stands twice separates
// thousands.
func plainNumber(number string, digits int) (string, error) {
	point := strings.LastIndexAny(number, ".,")
	if point < 0 {
		return ungroup(number, " '")
	}
	mark := number[point : point+1]
	whole, fraction := number[:point], number[point+1:]
	other := strings.Trim(".,", mark)
	switch {
	case strings.Contains(whole, mark): // 1,234,567 or 1.234.567
		return ungroup(number, mark)
	case strings.Contains(whole, other): // 1,234.56 or 1.234,56
		var err error
		if whole, err = ungroup(whole, other); err != nil {
			return "", err
		}
	case len(fraction) == 3 && digits != 3 && len(whole) <= 3 && whole != "0":
		if mark == "." {
			return "", errAmbiguous
		}
		return ungroup(number, mark)
	default:
		var err error
		if whole, err = ungroup(whole, " '"); err != nil {
			return "", err
		}
	}
	for len(fraction) > digits && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return whole, nil
	}
	return whole + "." + fraction, nil
}

// ungroup takes out marks that part groups of three digits.
func ungroup(number, marks string) (string, error) {
	groups := strings.FieldsFunc(
		number, func(r rune) bool { return strings.ContainsRune(marks, r) },
	)
	for i, group := range groups {
		if strings.Trim(group, "0123456789") != "" || i > 0 && len(group) != 3 ||
			i == 0 && len(groups) > 1 && len(group) > 3 {
			return "", errNoPrice
		}
	}
	return strings.Join(groups, ""), nil
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
