package question

import (
	"math"
	"strconv"
	"strings"
)

// amount is a number of the question, in minor units.
type amount struct {
	minor    int64
	currency bool // a sign, a word or a code says that it is money
	end      int  // the token after it
}

// currencyWords are the words after an amount that make it money.
var currencyWords = wordSet(`
	dollar dollars buck bucks usd euro euros eur quid pound pounds gbp yen jpy cad aud chf rupee
	rupees inr rs franc francs krona kroner kr zloty pln sek nok dkk cny yuan rmb nzd sgd mxn
	brl peso pesos real reais
`)

// currencyCodes are the codes that may stand before an amount.
var currencyCodes = wordSet(
	`usd eur gbp jpy cad aud chf inr rs us pln sek nok dkk cny rmb nzd sgd mxn brl`,
)

// units are the words after a number that show that it is no price.
var units = wordSet(`
	kg kgs g gram grams kilo kilos lb lbs oz ounce ounces mg ton tons ml l cl liter liters litre
	litres gallon gallons cup cups inch inches in cm mm m meter meters metre metres ft foot feet
	yard yards mile miles km w watt watts v volt volts mah ah wh hz khz mhz ghz gb tb mb mp
	megapixel megapixels fps rpm db hour hours hr hrs minute minutes min mins second seconds sec
	secs day days week weeks month months year years yr yrs old people persons person players
	player piece pieces pcs pack packs item items product products star stars review reviews
	page pages pocket pockets percent pct degrees degree c f inches' x st nd rd th core cores
	pin gauge thread count size sizes colors colours kcal calories calorie servings serving
	things options ones choices s am pm
`)

var numberWords = map[string]int64{
	"zero":      0,
	"one":       1,
	"two":       2,
	"three":     3,
	"four":      4,
	"five":      5,
	"six":       6,
	"seven":     7,
	"eight":     8,
	"nine":      9,
	"ten":       10,
	"eleven":    11,
	"twelve":    12,
	"thirteen":  13,
	"fourteen":  14,
	"fifteen":   15,
	"sixteen":   16,
	"seventeen": 17,
	"eighteen":  18,
	"nineteen":  19,
	"twenty":    20,
	"thirty":    30,
	"forty":     40,
	"fifty":     50,
	"sixty":     60,
	"seventy":   70,
	"eighty":    80,
	"ninety":    90,
	"fourty":    40, //nolint:misspell // shoppers do
}

// powers are the words after a number that multiply it, by their powers of ten.
var powers = map[string]int{"hundred": 2, "k": 3, "thousand": 3, "grand": 3}

// amountAt reads an amount at token i: "$1,299.00", "20 bucks", "USD 20", "1.5k", "twenty five", "a
// hundred dollars".
func (p *parser) amountAt(i int) (amount, bool) {
	var a amount
	for range 2 { // "US$20" is two signs
		if i >= len(p.tokens) ||
			p.tokens[i].kind != currencyToken && !(currencyCodes[p.at(i)] && p.startsMoney(i+1)) {
			break
		}
		a.currency = true
		i++
	}
	if i >= len(p.tokens) || p.tokens[i].used || p.tokens[i].name {
		return a, false
	}
	text, next, ok := p.number(i)
	if !ok {
		return a, false
	}
	power := 0
	if e, ok := powers[p.at(next)]; ok && (p.at(next) != "k" || p.tokens[next].glued) {
		power = e
		next++
	}
	cents := false
	if next < len(p.tokens) && !p.tokens[next].breaks {
		switch {
		case p.tokens[next].kind == currencyToken && !p.leadsNumber(next),
			currencyWords[p.at(next)]:
			a.currency = true
			next++
		case p.is(next, "cent", "cents", "pence"):
			a.currency, cents = true, true
			next++
		case p.is(next, "%") || p.is(next, "percent"):
			return a, false
		}
	}
	shift := power + p.digits
	if cents {
		shift = power + p.digits - 2
	}
	a.minor, a.end = scale(text, shift), next
	return a, true
}

// leadsNumber reports whether the sign at i belongs to the number after it, as in "two $20 mugs".
func (p *parser) leadsNumber(i int) bool {
	return i+1 < len(p.tokens) && p.tokens[i+1].kind == numberToken && p.tokens[i+1].glued
}

// startsMoney reports whether an amount may start at token i.
func (p *parser) startsMoney(i int) bool {
	return i < len(p.tokens) &&
		(p.tokens[i].kind == numberToken || p.tokens[i].kind == currencyToken)
}

// number returns a plain decimal such as "1299.00" and the token after it.
func (p *parser) number(i int) (text string, end int, ok bool) {
	if p.tokens[i].kind == numberToken {
		return plainDecimal(p.tokens[i].text, p.digits), i + 1, true
	}
	if p.is(i, "a") && powers[p.at(i+1)] > 0 && !p.is(i+1, "k") {
		return "1", i + 1, true
	}
	if p.is(i, "hundred", "thousand") {
		return "1", i, true
	}
	value, ok := numberWords[p.at(i)]
	if !ok {
		return "", 0, false
	}
	end = i + 1
	if p.is(end, "-") && value >= 20 && p.tokens[end].glued { // "twenty-five"
		end++
	}
	if unit, ok := numberWords[p.at(end)]; ok && value >= 20 && unit > 0 && unit < 10 {
		return strconv.FormatInt(value+unit, 10), end + 1, true
	}
	return strconv.FormatInt(value, 10), i + 1, true
}

// plainDecimal returns a number without separators of thousands and with a decimal point. Of two
// kinds of separators, the last is the decimal one. A single kind separates thousands if groups of
// three digits follow it; so does a single point before three digits, unless the currency has three
// decimals: no shopper asks for 1.299 dollars.
func plainDecimal(text string, digits int) string {
	comma, point := strings.LastIndexByte(text, ','), strings.LastIndexByte(text, '.')
	strip := strings.NewReplacer(",", "", ".", "")
	decimalAt := max(comma, point)
	if decimalAt < 0 {
		return text
	}
	if comma < 0 || point < 0 {
		tail := len(text) - decimalAt - 1
		several := strings.Count(text, ",")+strings.Count(text, ".") > 1
		if several || tail == 3 && (comma >= 0 || digits != 3) {
			return strip.Replace(text)
		}
	}
	return strip.Replace(text[:decimalAt]) + "." + text[decimalAt+1:]
}

// scale returns decimal × 10^shift as an integer. It cuts further decimals, and returns the largest
// int64 for greater values.
func scale(decimal string, shift int) int64 {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if shift < 0 {
		cut := min(-shift, len(whole))
		whole, fraction, shift = whole[:len(whole)-cut], "", 0
	}
	if len(fraction) > shift {
		fraction = fraction[:shift]
	}
	all := strings.TrimLeft(whole+fraction+strings.Repeat("0", shift-len(fraction)), "0")
	if all == "" {
		return 0
	}
	value, err := strconv.ParseInt(all, 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return value
}
