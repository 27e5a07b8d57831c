package assistant

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// editor lets only those sentences of a model's answer through whose every price, discount, stock
// and product the sources support, each as soon as it is whole. A sentence about a source that
// fails is replaced by the facts; one about nothing known is left out. What remains is plain text.
type editor struct {
	checker
	emit      func(text string) error
	pending   string // not yet a whole sentence
	newLine   bool   // the next sentence begins one
	out       strings.Builder
	claims    []api.AssistantClaim
	about     []model.Source // what the line speaks of
	corrected int            // sentences replaced or left out
}

func newEditor(v verifier, r *reply, emit func(string) error) *editor {
	e := &editor{
		checker: newChecker(v, r.asked, r.prompt.Sources, r.missing),
		emit:    emit,
		claims:  []api.AssistantClaim{},
	}
	if len(r.missing) > 0 && len(r.prompt.Sources) > 0 {
		e.pending = notTold(r.missing, r.prompt.Sources) + "\n"
	}
	return e
}

// begun reports whether anything left.
func (e *editor) begun() bool { return e.out.Len() > 0 }

// write takes the next piece of the answer.
func (e *editor) write(piece string) error {
	if e.pending != "" && !e.begun() &&
		strings.HasPrefix(e.pending, "The catalogue does not say") &&
		strings.HasSuffix(e.pending, ".\n") {
		ours := strings.TrimSpace(e.pending)
		e.pending = ""
		if err := e.put(ours); err != nil {
			return err
		}
		e.newLine = true
	}
	e.pending += piece
	for {
		sentence, rest, ok := cutSentence(e.pending)
		if !ok {
			return nil
		}
		e.pending = rest
		if err := e.judge(sentence); err != nil {
			return err
		}
	}
}

// end takes what is left. An answer of which nothing remains is the facts of all sources.
func (e *editor) end() error {
	if err := e.write(""); err != nil {
		return err
	}
	left := e.pending
	e.pending = ""
	if err := e.judge(left); err != nil {
		return err
	}
	if e.begun() && len(e.claims) > 0 || e.begun() && e.corrected == 0 {
		return nil
	}
	if !e.begun() || e.onlyOurs() {
		e.newLine = true
		if err := e.put("Here is what we have:"); err != nil {
			return err
		}
		for _, s := range e.sources {
			e.newLine = true
			e.about = []model.Source{s}
			if err := e.put("- " + factLine(s)); err != nil {
				return err
			}
			e.claim(factLine(s), e.about)
		}
	}
	return nil
}

// onlyOurs reports whether nothing but what the catalogue does not say was said.
func (e *editor) onlyOurs() bool {
	return strings.HasPrefix(e.out.String(), "The catalogue does not say") &&
		!strings.Contains(e.out.String(), "\n")
}

// judge passes a sentence on, or what may be said instead.
func (e *editor) judge(sentence string) error {
	endsLine := strings.HasSuffix(sentence, "\n")
	sentence = strings.TrimSpace(sentence)
	if sentence != "" {
		kept := e.check(sentence)
		if len(kept) != 1 || kept[0] != plain(sentence) {
			e.corrected++
		}
		for _, text := range kept {
			if meant, _ := e.meant(text); len(meant) > 0 {
				e.about = meant
			}
			if err := e.put(text); err != nil {
				return err
			}
			e.claim(text, e.about)
		}
	}
	if endsLine {
		e.newLine, e.about = true, nil
	}
	return nil
}

// put hands text over.
func (e *editor) put(text string) error {
	switch {
	case e.out.Len() == 0:
	case e.newLine:
		text = "\n" + text
	default:
		text = " " + text
	}
	e.newLine = false
	e.out.WriteString(text)
	return e.emit(text)
}

// say hands over an answer that needs no check.
func (e *editor) say(text string) error { return e.put(text) }

// maxClaims bounds what an answer lists.
const maxClaims = 60

// claim lists what a sentence says about products.
func (e *editor) claim(sentence string, about []model.Source) {
	said := func(id int64, field api.AssistantClaimField, value string, verified bool) {
		c := api.AssistantClaim{ProductID: id, Field: field, Value: value, Verified: verified}
		if len(e.claims) < maxClaims && !slices.Contains(e.claims, c) {
			e.claims = append(e.claims, c)
		}
	}
	folded := strings.ToLower(sentence)
	for _, s := range about {
		if strings.Contains(folded, strings.ToLower(s.Name)) ||
			slices.Contains(question.CitedIDs(sentence), s.ID) {
			said(s.ID, api.AssistantClaimFieldName, s.Name, true)
		}
		for _, match := range e.amount.FindAllStringSubmatch(sentence, -1) {
			amount := e.canonical(strings.Join(match[1:], ""))
			for field, fact := range map[api.AssistantClaimField]string{
				api.AssistantClaimFieldPrice: s.Price, api.AssistantClaimFieldDiscountPrice: s.DiscountPrice, api.AssistantClaimFieldSaving: s.Saving,
			} {
				if fact != "" && e.canonical(fact) == amount {
					said(s.ID, field, fact, true)
				}
			}
		}
		for _, match := range percentPattern.FindAllStringSubmatch(sentence, -1) {
			if s.DiscountPct > 0 && match[1] == strconv.Itoa(s.DiscountPct) {
				said(s.ID, api.AssistantClaimFieldDiscountPercent, match[1], true)
			}
		}
		for _, match := range stockPattern.FindAllStringSubmatch(sentence, -1) {
			if stock := strings.Join(match[1:], ""); stock == strconv.FormatInt(s.Stock, 10) {
				said(s.ID, api.AssistantClaimFieldStock, stock, true)
			}
		}
		if text, verified, any := e.inWords(sentence, s); any {
			said(s.ID, api.AssistantClaimFieldDescription, text, verified)
		}
	}
}

// fewestWords a sentence must say about a product, besides its facts, to say anything.
const fewestWords = 2

// inWords is what a sentence says of a product in words, and whether the product's own text has all
// of them.
func (e *editor) inWords(sentence string, s model.Source) (text string, verified, any bool) {
	own := map[string]bool{}
	for _, word := range words.Split(strings.Join([]string{s.Name, s.Brand, s.Category, s.Description, s.Attributes}, " ")) {
		own[words.Stem(word)] = true
	}
	name := map[string]bool{
		"usd":                       true,
		strings.ToLower(s.Currency): true,
		"instead":                   true,
		"afford":                    true,
		"cost":                      true,
	}
	for _, word := range words.Split(s.Name) {
		name[words.Stem(word)] = true
	}
	said, verified := 0, true
	for _, word := range words.Split(sentence) {
		stem := words.Stem(word)
		if name[stem] || words.IsNumber(word) || words.ClassOf(word) == words.Stop {
			continue
		}
		said++
		verified = verified && own[stem]
	}
	return model.Cut(sentence, 300), verified, said >= fewestWords
}
