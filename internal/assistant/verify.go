package assistant

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/question"
)

// What a model may claim in numbers, links it must not hand out, and names it puts forward.
var (
	percentPattern = regexp.MustCompile(`(?i)(\d+(?:[.,]\d+)?)\s?(?:%|per ?cent)`)
	stockPattern   = regexp.MustCompile(`(?i)\b(\d+)\s+(?:are |is |items? |units? |pieces? )?(?:left|in stock|available|remaining)|\bonly (\d+) (?:left|remain)|\bstock(?: of|:)? (\d+)`)
	linkPattern    = regexp.MustCompile(`(?i)https?://|\bwww\.|!?\[[^\]]*\]\(`)
	boldPattern    = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	spacePattern   = regexp.MustCompile(`[ \t]+`)
)

// verifier knows how amounts are written in the store's currency.
type verifier struct {
	currency money.Currency
	amount   *regexp.Regexp
}

func newVerifier(currency money.Currency) verifier {
	return verifier{currency, regexp.MustCompile(`(?i)(?:[$€£¥₹]|\b` + string(currency) + `)\s?(\d[\d.,]*)` +
		`|\b(\d[\d.,]*)\s?(?:[$€£¥₹]|(?:` + string(currency) + `|usd|eur|gbp|jpy|chf|cad|aud|inr|dollars?|euros?|pounds?|yen|bucks|cents?)\b)` +
		`|\b(\d[\d,]*\.\d{2})\b`)}
}

// verify lets only those sentences of a model's answer through whose every price, discount, stock and product
// the sources support. A sentence about a source that fails is replaced by the facts; one about nothing known
// is left out. What remains is plain text.
func (v verifier) verify(text, asked string, sources []provider.Source) string {
	c := checker{verifier: v, sources: sources, asked: numbers(asked)}
	var out strings.Builder
	for line := range strings.Lines(text) {
		var kept []string
		for _, sentence := range sentences(strings.TrimSpace(line)) {
			kept = append(kept, c.check(strings.TrimSpace(sentence))...)
		}
		if len(kept) > 0 {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(strings.Join(kept, " "))
		}
	}
	if out.Len() == 0 {
		out.WriteString("Here is what we have:")
		for _, s := range sources {
			out.WriteString("\n- " + factLine(s))
		}
	}
	return out.String()
}

type checker struct {
	verifier
	sources []provider.Source
	asked   []string // numbers of the question, which an answer may repeat
	stated  []int64  // sources whose facts already stand in for a sentence
}

// check answers what may be said instead of a sentence: itself, the facts, or nothing.
func (c *checker) check(sentence string) []string {
	meant, known := c.meant(sentence)
	if known && !linkPattern.MatchString(sentence) && c.supported(sentence, meant) {
		return []string{plain(sentence)}
	}
	var facts []string
	for _, s := range meant {
		if !slices.Contains(c.stated, s.ID) {
			c.stated = append(c.stated, s.ID)
			facts = append(facts, factLine(s))
		}
	}
	return facts
}

// meant are the sources a sentence cites or names; known is false if it cites or stresses anything else.
func (c *checker) meant(sentence string) (meant []provider.Source, known bool) {
	known = true
	cited := question.CitedIDs(sentence)
	folded := strings.ToLower(sentence)
	for _, s := range c.sources {
		if slices.Contains(cited, s.ID) || strings.Contains(folded, strings.ToLower(s.Name)) {
			meant = append(meant, s)
		}
	}
	for _, id := range cited {
		known = known && slices.ContainsFunc(c.sources, func(s provider.Source) bool { return s.ID == id })
	}
	for _, bold := range boldPattern.FindAllStringSubmatch(sentence, -1) {
		known = known && c.isFact(strings.TrimRight(bold[1]+bold[2], " :.,"))
	}
	return meant, known
}

// isFact reports whether a stressed text is a source's name, part of one or the other way round, or a number,
// which is checked by itself.
func (c *checker) isFact(bold string) bool {
	if strings.ContainsAny(bold[:min(1, len(bold))], "$€£¥0123456789") {
		return true
	}
	folded := strings.ToLower(bold)
	return slices.ContainsFunc(c.sources, func(s provider.Source) bool {
		name := strings.ToLower(s.Name)
		return strings.Contains(name, folded) || strings.Contains(folded, name)
	})
}

// supported reports whether every number of a sentence is a fact of the sources it is about: those it names,
// or any if it names none.
func (c *checker) supported(sentence string, meant []provider.Source) bool {
	about := len(meant) > 0
	if !about {
		meant = c.sources
	}
	amounts := func(s provider.Source) []string { return []string{s.Price, s.DiscountPrice, s.Saving} }
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
	percents := func(s provider.Source) []string { return []string{strconv.Itoa(s.DiscountPct)} }
	for _, match := range percentPattern.FindAllStringSubmatch(sentence, -1) {
		if strings.Contains(strings.ToLower(sentence), "off") || strings.Contains(strings.ToLower(sentence), "discount") {
			if !c.isOneOf(match, meant, percents) {
				return false
			}
		}
	}
	stocks := func(s provider.Source) []string { return []string{strconv.FormatInt(s.Stock, 10)} }
	for _, match := range stockPattern.FindAllStringSubmatch(sentence, -1) {
		if !c.isOneOf(match, meant, stocks) {
			return false
		}
	}
	return true
}

// wasAsked reports whether the shopper named the amount: an answer may repeat "under $20".
func (c *checker) wasAsked(match []string) bool {
	said := c.canonical(strings.Join(match[1:], ""))
	return slices.ContainsFunc(c.asked, func(asked string) bool { return c.canonical(asked) == said })
}

// isOneOf reports whether the number a pattern found is one of the facts.
func (c *checker) isOneOf(match []string, sources []provider.Source, facts func(provider.Source) []string) bool {
	said := c.canonical(strings.Join(match[1:], ""))
	return slices.ContainsFunc(sources, func(s provider.Source) bool {
		return slices.ContainsFunc(facts(s), func(fact string) bool { return fact != "" && c.canonical(fact) == said })
	})
}

// canonical writes a number as the store's currency does, whatever its separators: "1,299" and "1299.00" are one.
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

// factLine is a source in one line that is true.
func factLine(s provider.Source) string {
	line := s.Name + ": " + s.Price + " " + s.Currency
	if s.DiscountPrice != "" {
		line = s.Name + ": " + s.DiscountPrice + " " + s.Currency + " instead of " + s.Price + " " + s.Currency
	}
	return line + " [#" + strconv.FormatInt(s.ID, 10) + "]."
}

// plain takes markup off a sentence.
func plain(sentence string) string {
	sentence = strings.NewReplacer("**", "", "__", "", "`", "").Replace(sentence)
	return strings.TrimSpace(spacePattern.ReplaceAllString(sentence, " "))
}

// sentences cuts a text behind every full stop, question or exclamation mark that a blank follows, and at
// every line break. Joined, the pieces are the text.
func sentences(text string) []string {
	var out []string
	start := 0
	for i := range len(text) {
		ends := text[i] == '\n'
		if i > start && (text[i] == ' ' || text[i] == '\t') {
			ends = strings.ContainsRune(".?!", rune(text[i-1])) && !isInitial(text[start:i-1])
		}
		if ends {
			out = append(out, text[start:i+1])
			start = i + 1
		}
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// isInitial reports whether the word before a full stop is one letter, a number of a list, or abbreviated.
func isInitial(text string) bool {
	word := text[strings.LastIndexAny(text, " \t(")+1:]
	if len(word) <= 1 {
		return true
	}
	switch strings.ToLower(word) {
	case "approx", "incl", "excl", "no", "vs", "st", "dr", "mr", "mrs", "e.g", "i.e":
		return true
	}
	return false
}
