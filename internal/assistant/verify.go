package assistant

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/assistant/prompt"
	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// What a model may claim in numbers, links it must not hand out, and names it puts forward.
var (
	percentPattern = regexp.MustCompile(`(?i)(\d+(?:[.,]\d+)?)\s?(?:%|per ?cent)`)
	reducedPattern = regexp.MustCompile(`(?i)\b(?:off|discount\w*|sav(?:e|es|ing|ings)|reduc\w+|cheaper|less|rebate|sale|down)\b`)
	stockPattern   = regexp.MustCompile(`(?i)\b(\d+)\s+(?:are |is |items? |units? |pieces? )?(?:left|in stock|available|remaining)|\bonly (\d+) (?:left|remain)|\bstock(?: of|:)? (\d+)`)
	linkPattern    = regexp.MustCompile(`(?i)https?:|\bwww\.|!?\[[^\]]*\]\(|\S@\w+\.\w|\b[a-z0-9-]+\.(?:com|net|org|io|shop|xyz|info|biz|ru|cn|test|example)\b|<\s*/?\s*[a-z]|\bjavascript:`)
	boldPattern    = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	spacePattern   = regexp.MustCompile(`[ \t]+`)
	wordedPattern  = regexp.MustCompile(`(?i)\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|single|few)[ -](?:us )?(?:dollars?|euros?|pounds?|yen|bucks?|cents?|usd|eur|gbp)\b`)
	freePattern    = regexp.MustCompile(`(?i)\b(?:is|are|for|its|it's|completely|totally|absolutely|entirely|now|today) (?:absolutely |completely |totally )?free\b( (?:of|from) \w+)?|\bfree of charge\b|\bat no cost\b`)
	couponPattern  = regexp.MustCompile(`(?i)\b(?:promo|coupon|voucher|discount|gift)[ -]?(?:code|card|s)?\b[^.]{0,20}\b[A-Z]*\d+[A-Z0-9]*\b|\bcode\b[^.]{0,12}[A-Z0-9]{4,}`)
	namePattern    = regexp.MustCompile(`\b\p{Lu}[\p{L}\d'’-]*(?:[ -](?:\p{Lu}[\p{L}\d'’-]*|\d[\p{L}\d]*))+`)
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

// verify is what remains of an answer when all of it is there at once.
func (v verifier) verify(text, asked string, sources []provider.Source) string {
	e := newEditor(v, &reply{asked: asked, prompt: provider.Prompt{Sources: sources}}, func(string) error { return nil })
	_ = e.write(text) // emit never fails
	_ = e.end()
	return e.out.String()
}

type checker struct {
	verifier
	sources []provider.Source
	asked   []string // numbers of the question, which an answer may repeat
	stated  []int64  // sources whose facts already stand in for a sentence

	vocabulary map[string]bool // of the sources and the question, for names
	untold     []string        // words the catalogue says nothing about
}

func newChecker(v verifier, asked string, sources []provider.Source, untold []string) checker {
	c := checker{verifier: v, sources: sources, asked: numbers(asked), vocabulary: map[string]bool{}}
	know := func(texts ...string) {
		for _, text := range texts {
			for _, word := range words.Split(text) {
				c.vocabulary[words.Stem(word)] = true
			}
		}
	}
	know(asked, "US Dollars Euros Pounds British Sterling Yen")
	for _, s := range sources {
		know(s.Name, s.Brand, s.Category, s.Description, s.Attributes, s.Currency)
	}
	for _, word := range untold {
		c.untold = append(c.untold, words.Stem(words.Fold(word)))
	}
	return c
}

// check answers what may be said instead of a sentence: itself, the facts, or nothing.
func (c *checker) check(sentence string) []string {
	meant, known := c.meant(sentence)
	if known && !c.forbidden(sentence) && c.supported(sentence, meant) {
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
	known = known && c.knowsNames(sentence)
	return meant, known
}

// forbidden reports whether a sentence has what no answer may have: links, markup, prices in words, gifts, codes, the
// assistant's own instructions, or what the catalogue does not tell.
func (c *checker) forbidden(sentence string) bool {
	if linkPattern.MatchString(sentence) || wordedPattern.MatchString(sentence) || couponPattern.MatchString(sentence) || leaks(sentence) {
		return true
	}
	for _, match := range freePattern.FindAllStringSubmatch(sentence, -1) {
		if match[1] == "" || match[1] == " of charge" {
			return true
		}
	}
	for _, word := range words.Split(sentence) {
		if slices.Contains(c.untold, words.Stem(word)) {
			return true
		}
	}
	return false
}

// knowsNames reports whether everything in a sentence that is written like a name is made of words of the sources or of
// the question.
func (c *checker) knowsNames(sentence string) bool {
	for _, name := range namePattern.FindAllString(sentence, -1) {
		for _, word := range words.Split(name) {
			if !c.vocabulary[words.Stem(word)] && words.ClassOf(word) != words.Stop && !words.IsNumber(word) {
				return false
			}
		}
	}
	return true
}

// leaked are runs of words of the assistant's instructions: nobody else writes them.
var leaked = sync.OnceValue(func() map[string]bool {
	runs := map[string]bool{}
	for line := range strings.Lines(prompt.DefaultSystem + "\n" + rewriteSystem) {
		all := words.Split(line)
		for i := range all {
			if i+leakLength <= len(all) {
				runs[strings.Join(all[i:i+leakLength], " ")] = true
			}
		}
	}
	return runs
})

const leakLength = 5 // words

func leaks(sentence string) bool {
	if strings.Contains(sentence, "-----") {
		return true
	}
	all := words.Split(sentence)
	for i := range all {
		if i+leakLength <= len(all) && leaked()[strings.Join(all[i:i+leakLength], " ")] {
			return true
		}
	}
	return false
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
		if reducedPattern.MatchString(sentence) {
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
	for {
		sentence, rest, ok := cutSentence(text)
		if !ok {
			break
		}
		out, text = append(out, sentence), rest
	}
	if text != "" {
		out = append(out, text)
	}
	return out
}

// cutSentence cuts the first sentence off, if the text shows where it ends.
func cutSentence(text string) (sentence, rest string, ok bool) {
	for i := range len(text) {
		ends := text[i] == '\n'
		if i > 0 && (text[i] == ' ' || text[i] == '\t') {
			ends = strings.ContainsRune(".?!", rune(text[i-1])) && !isInitial(text[:i-1])
		}
		if ends {
			return text[:i+1], text[i+1:], true
		}
	}
	return "", text, false
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
