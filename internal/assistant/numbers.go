package assistant

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/money"
)

// How a model may claim numbers.
var (
	percentPattern = regexp.MustCompile(`(?i)(\d+(?:[.,]\d+)?)\s?(?:%|per ?cent)`)
	reducedPattern = regexp.MustCompile(
		`(?i)\b(?:off|discount\w*|sav(?:e|es|ing|ings)|reduc\w+|cheaper|less|rebate|sale|down)\b`,
	)
	stockPattern = regexp.MustCompile(
		`(?i)\b(\d+)\s+(?:are |is |items? |units? |pieces? )?` +
			`(?:left|in stock|available|remaining)` +
			`|\bonly (\d+) (?:left|remain)|\bstock(?: of|:)? (\d+)`,
	)
)

// verifier recognizes amounts in the store's currency.
type verifier struct {
	currency money.Currency
	amount   *regexp.Regexp
}

func newVerifier(currency money.Currency) verifier {
	return verifier{
		currency,
		regexp.MustCompile(`(?i)(?:[$€£¥₹]|\b` + string(currency) + `)\s?(\d[\d.,]*)` +
			`|\b(\d[\d.,]*)\s?(?:[$€£¥₹]|(?:` + string(currency) +
			`|usd|eur|gbp|jpy|chf|cad|aud|inr|dollars?|euros?|pounds?|yen|bucks|cents?)\b)` +
			`|\b(\d[\d,]*\.\d{2})\b`),
	}
}

// supported reports whether every number of a sentence is a fact of the sources it names, or of any
// source if it names none.
func (c *checker) supported(sentence string, meant []model.Source) bool {
	about := len(meant) > 0
	if !about {
		meant = c.sources
	}
	amounts := func(s model.Source) []string { return []string{s.Price, s.DiscountPrice, s.Saving} }
	repeated, proven := false, false
	for _, match := range c.amount.FindAllStringSubmatch(sentence, -1) {
		switch {
		case c.isOneOf(match, meant, amounts):
			proven = true
		case c.wasAsked(match):
			repeated = true
		default:
			return false
		}
	}
	if about && repeated && !proven { // "the mug is $5", because the shopper asked whether it is
		return false
	}
	percents := func(s model.Source) []string { return []string{strconv.Itoa(s.DiscountPct)} }
	for _, match := range percentPattern.FindAllStringSubmatch(sentence, -1) {
		if reducedPattern.MatchString(sentence) {
			if !c.isOneOf(match, meant, percents) {
				return false
			}
		}
	}
	stocks := func(s model.Source) []string { return []string{strconv.FormatInt(s.Stock, 10)} }
	for _, match := range stockPattern.FindAllStringSubmatch(sentence, -1) {
		if !c.isOneOf(match, meant, stocks) {
			return false
		}
	}
	return true
}

// wasAsked reports whether the shopper named the amount: an answer may repeat "under $20".
func (c *checker) wasAsked(match []string) bool {
	claimed := c.canonical(strings.Join(match[1:], ""))
	return slices.ContainsFunc(c.asked, func(asked string) bool {
		return c.canonical(asked) == claimed
	})
}

// isOneOf reports whether the number a pattern found is one of the facts.
func (c *checker) isOneOf(
	match []string, sources []model.Source, facts func(model.Source) []string,
) bool {
	claimed := c.canonical(strings.Join(match[1:], ""))
	return slices.ContainsFunc(sources, func(s model.Source) bool {
		return slices.ContainsFunc(facts(s), func(fact string) bool {
			return fact != "" && c.canonical(fact) == claimed
		})
	})
}

// canonical returns a number as the store's currency writes it, whatever its separators: "1,299"
// and "1299.00" have the same canonical form.
func (c *checker) canonical(number string) string {
	number = strings.TrimRight(number, ".,")
	digits := c.currency.Digits()
	point := strings.LastIndexAny(number, ".,")
	if point >= 0 && len(number)-point-1 == 3 && digits != 3 {
		point = -1 // a group of thousands
	}
	whole, fraction := number, ""
	if point >= 0 {
		whole, fraction = number[:point], number[point+1:]
	}
	whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
	minor, err := c.currency.Parse(strings.TrimSuffix(whole+"."+fraction, "."))
	if err != nil {
		return number
	}
	return c.currency.Format(minor)
}

var numberPattern = regexp.MustCompile(`\d[\d.,]*`)

func numbers(text string) []string { return numberPattern.FindAllString(text, -1) }
