package assistant

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/prompt"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// Links, prices in words, gifts and codes that a model must not write, and what it stresses or
// writes like a name.
var (
	linkPattern = regexp.MustCompile(
		`(?i)https?:|\bwww\.|!?\[[^\]]*\]\(|\S@\w+\.\w` +
			`|\b[a-z0-9-]+\.(?:com|net|org|io|shop|xyz|info|biz|ru|cn|test|example)\b` +
			`|<\s*/?\s*[a-z]|\bjavascript:`,
	)
	boldPattern   = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	wordedPattern = regexp.MustCompile(
		`(?i)\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen` +
			`|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|single|few)` +
			`[ -](?:us )?(?:dollars?|euros?|pounds?|yen|bucks?|cents?|usd|eur|gbp)\b`,
	)
	freePattern = regexp.MustCompile(
		`(?i)\b(?:is|are|for|its|it's|completely|totally|absolutely|entirely|now|today) ` +
			`(?:absolutely |completely |totally )?free\b( (?:of|from) \w+)?` +
			`|\bfree of charge\b|\bat no cost\b`,
	)
	couponPattern = regexp.MustCompile(
		`(?i)\b(?:promo|coupon|voucher|discount|gift)[ -]?(?:code|card|s)?\b` +
			`[^.]{0,20}\b[A-Z]*\d+[A-Z0-9]*\b|\bcode\b[^.]{0,12}[A-Z0-9]{4,}`,
	)
	namePattern = regexp.MustCompile(
		`\b\p{Lu}[\p{L}\d'’-]*(?:[ -](?:\p{Lu}[\p{L}\d'’-]*|\d[\p{L}\d]*))+`,
	)
)

// verify returns what passes the check of a complete answer.
func (v verifier) verify(text, asked string, sources []model.Source) string {
	e := newEditor(
		v, &reply{asked: asked, prompt: model.Prompt{Sources: sources}},
		func(string) error { return nil },
	)
	_ = e.write(text) // emit never fails
	_ = e.end()
	return e.out.String()
}

// checker checks sentences of one answer.
type checker struct {
	verifier
	sources []model.Source
	asked   []string // numbers of the question, which an answer may repeat
	stated  []int64  // sources whose facts have replaced a sentence

	vocabulary map[string]bool // stems of the words of the sources and the question
	missing    []string        // stems of the words that no source has
}

func newChecker(v verifier, asked string, sources []model.Source, missing []string) checker {
	c := checker{
		verifier:   v,
		sources:    sources,
		asked:      numbers(asked),
		vocabulary: map[string]bool{},
	}
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
	for _, word := range missing {
		c.missing = append(c.missing, words.Stem(words.Fold(word)))
	}
	return c
}

// check returns the sentence if it passes, else the facts of the sources it is about.
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

// meant returns the sources that a sentence cites or names; known is false if it cites or stresses
// anything else.
func (c *checker) meant(sentence string) (meant []model.Source, known bool) {
	known = true
	cited := question.CitedIDs(sentence)
	folded := strings.ToLower(sentence)
	for _, s := range c.sources {
		if slices.Contains(cited, s.ID) || strings.Contains(folded, strings.ToLower(s.Name)) {
			meant = append(meant, s)
		}
	}
	for _, id := range cited {
		known = known &&
			slices.ContainsFunc(c.sources, func(s model.Source) bool { return s.ID == id })
	}
	for _, bold := range boldPattern.FindAllStringSubmatch(sentence, -1) {
		known = known && c.isFact(strings.TrimRight(bold[1]+bold[2], " :.,"))
	}
	known = known && c.knowsNames(sentence)
	return meant, known
}

// forbidden reports whether a sentence has what no answer may have: links, markup, prices in words,
// gifts, codes, the assistant's own instructions, or words that no source has.
func (c *checker) forbidden(sentence string) bool {
	if linkPattern.MatchString(sentence) || wordedPattern.MatchString(sentence) ||
		couponPattern.MatchString(sentence) ||
		leaks(sentence) {
		return true
	}
	for _, match := range freePattern.FindAllStringSubmatch(sentence, -1) {
		if match[1] == "" || match[1] == " of charge" {
			return true
		}
	}
	for _, word := range words.Split(sentence) {
		if slices.Contains(c.missing, words.Stem(word)) {
			return true
		}
	}
	return false
}

// knowsNames reports whether everything in a sentence that is written like a name is made of words
// of the sources or of the question.
func (c *checker) knowsNames(sentence string) bool {
	for _, name := range namePattern.FindAllString(sentence, -1) {
		for _, word := range words.Split(name) {
			if !c.vocabulary[words.Stem(word)] && words.ClassOf(word) != words.Stop &&
				!words.IsNumber(word) {
				return false
			}
		}
	}
	return true
}

// leaked holds all runs of leakLength words of the assistant's instructions, which no other text
// has.
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

// leaks reports whether a sentence repeats the assistant's instructions.
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

// isFact reports whether a stressed text contains a source's name, is part of one, or is a number,
// which is checked separately.
func (c *checker) isFact(bold string) bool {
	if strings.ContainsAny(bold[:min(1, len(bold))], "$€£¥0123456789") {
		return true
	}
	folded := strings.ToLower(bold)
	return slices.ContainsFunc(c.sources, func(s model.Source) bool {
		name := strings.ToLower(s.Name)
		return strings.Contains(name, folded) || strings.Contains(folded, name)
	})
}

// factLine returns the name and the price of a source, with its reference.
func factLine(s model.Source) string {
	line := s.Name + ": " + s.Price + " " + s.Currency
	if s.DiscountPrice != "" {
		line = s.Name + ": " + s.DiscountPrice + " " + s.Currency + " instead of " + s.Price + " " +
			s.Currency
	}
	return line + " [#" + strconv.FormatInt(s.ID, 10) + "]."
}
