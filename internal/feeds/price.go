package feeds

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/platform/money"
)

// Why a text is no price.
var (
	errNoPrice   = errors.New("is not a price such as 19.99 USD")
	errNegative  = errors.New("is below zero")
	errAmbiguous = errors.New(
		"may mean thousands or decimals: write it with the currency's decimals, such as 1299.00",
	)
	errDecimals = errors.New("has more decimals than the currency")
	errTooMuch  = errors.New("is more than a price can be")
)

// noCents is what stands for no cents behind a number: 5,- or 12,-- or 1299/- or 1299:- or 19.
var noCents = regexp.MustCompile(`^(?:[.,] ?-{1,2}|[/:][-=]|\.$)`)

// parsePrice parses a price in any usual form, such as "19.99 USD", "USD 19.99", "€19,99",
// "1.299,00 €" or "¥1200", as minor units of the shop's currency. A price without a currency is in
// that one.
func parsePrice(text string, shop money.Currency) (int64, error) {
	text = strings.TrimSpace(strings.Map(plainCharacter, text))
	first := strings.IndexFunc(text, isDigit)
	last := strings.LastIndexFunc(text, isDigit)
	if first < 0 {
		return 0, errNoPrice
	}
	before, number := strings.TrimSpace(text[:first]), text[first:last+1]
	after := strings.TrimSpace(text[last+1:])
	if strings.HasSuffix(before, ".") && !strings.ContainsFunc(before, unicode.IsLetter) { // .99
		before, number = strings.TrimSpace(strings.TrimSuffix(before, ".")), "0."+number
	}
	after = strings.TrimSpace(noCents.ReplaceAllString(after, ""))
	if strings.ContainsAny(before, "-(") || strings.HasPrefix(after, "-") {
		return 0, errNegative
	}
	meant, ok := namedCurrencies(strings.TrimSpace(strings.TrimPrefix(before, "+")), after)
	switch {
	case !ok:
		return 0, errNoPrice
	case meant != nil && !slices.Contains(meant, shop):
		return 0, fmt.Errorf("is in %s; the shop sells in %s", meant[0], shop)
	}
	plain, err := plainNumber(number, shop)
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

// plainCharacter returns the plain form of a character of a price; -1 for one that is invisible.
func plainCharacter(r rune) rune {
	switch {
	case unicode.Is(unicode.Cf, r):
		return -1
	case r == '−', r == '–', r == '—':
		return '-'
	case r == '’', r == '٬':
		return '\''
	case r == '٫', r == '．':
		return '.'
	case r == '，':
		return ','
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// indian are the currencies of countries that group digits as in 1,29,999: the last three, then two
// at a time.
var indian = []money.Currency{"INR", "PKR", "BDT", "NPR", "LKR"}

var indianGroups = regexp.MustCompile(`^[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]*)?$`)

// plainNumber takes the separators of thousands out of a number and makes a decimal comma a point.
// A mark that stands once, with other than three digits behind it, is decimal. One that stands
// twice separates thousands. Three digits behind a single mark can be both: that is refused, unless
// the currency leaves one reading.
func plainNumber(number string, shop money.Currency) (string, error) {
	digits := shop.Digits()
	if slices.Contains(indian, shop) && indianGroups.MatchString(number) {
		number = strings.ReplaceAll(number, ",", "")
	}
	point := strings.LastIndexAny(number, ".,")
	if point < 0 {
		return ungroup(number, " '")
	}
	mark := number[point : point+1]
	whole, fraction := number[:point], number[point+1:]
	other := strings.Trim(".,", mark)
	var err error
	switch {
	case strings.Contains(whole, mark): // 1,234,567 or 1.234.567
		return ungroup(number, mark)
	case strings.Contains(whole, other): // 1,234.56 or 1.234,56
		if whole, err = ungroup(whole, other); err != nil {
			return "", err
		}
	case len(fraction) == 3 && len(whole) <= 3 && whole != "0":
		switch {
		case digits == 0, digits < 3 && mark == ",":
			return ungroup(number, mark)
		case digits < 3, mark == ",": // 1.299 USD; 1,250 KWD is 1250 or 1.250
			return "", errAmbiguous
		}
	default:
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

// ungroup takes out marks between groups of three digits.
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
