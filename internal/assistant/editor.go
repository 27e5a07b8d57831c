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

// editor checks a model's answer sentence by sentence, each as soon as it is complete. A sentence
// passes if the sources support every price, discount, stock and product in it. One that fails is
// replaced by the facts of the sources it is about, and left out if it is about none. The result is
// plain text.
type editor struct {
	checker
	emit      func(text string) error
	pending   string // text that is not yet a complete sentence
	newLine   bool   // the next sentence begins a line
	out       strings.Builder
	claims    []api.AssistantClaim
	about     []model.Source // the sources that the current line is about
	corrected int            // sentences replaced or left out
}

func newEditor(v verifier, r *reply, emit func(string) error) *editor {
	e := &editor{
		checker: newChecker(v, r.asked, r.prompt.Sources, r.missing),
		emit:    emit,
		claims:  []api.AssistantClaim{},
	}
	if len(r.missing) > 0 && len(r.prompt.Sources) > 0 {
		e.pending = notRecordedSentence(r.missing, r.prompt.Sources) + "\n"
	}
	return e
}

// begun reports whether any text was emitted.
func (e *editor) begun() bool { return e.out.Len() > 0 }

// write checks and emits the sentences that the next piece of the answer completes.
func (e *editor) write(piece string) error {
	if e.pending != "" && !e.begun() &&
		strings.HasPrefix(e.pending, notRecorded) &&
		strings.HasSuffix(e.pending, ".\n") {
		own := strings.TrimSpace(e.pending)
		e.pending = ""
		if err := e.put(own); err != nil {
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

// end checks and emits the rest. If nothing of the answer passed, it emits the facts of all
// sources.
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
	if !e.begun() || e.onlyNotRecorded() {
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

// onlyNotRecorded reports whether the only sentence so far is that of notRecordedSentence.
func (e *editor) onlyNotRecorded() bool {
	return strings.HasPrefix(e.out.String(), notRecorded) &&
		!strings.Contains(e.out.String(), "\n")
}

// judge emits a sentence if it passes the check, else its replacement.
func (e *editor) judge(sentence string) error {
	endsLine := strings.HasSuffix(sentence, "\n")
	sentence = strings.TrimSpace(sentence)
	if sentence != "" {
		passed := e.check(sentence)
		if len(passed) != 1 || passed[0] != plain(sentence) {
			e.corrected++
		}
		for _, text := range passed {
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

// put emits text, with what separates it from the text before.
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

// say emits an answer that needs no check.
func (e *editor) say(text string) error { return e.put(text) }

// maxClaims is how many claims an answer lists at most.
const maxClaims = 60

// claim records what a sentence says about products.
func (e *editor) claim(sentence string, about []model.Source) {
	record := func(id int64, field api.AssistantClaimField, value string, verified bool) {
		c := api.AssistantClaim{ProductID: id, Field: field, Value: value, Verified: verified}
		if len(e.claims) < maxClaims && !slices.Contains(e.claims, c) {
			e.claims = append(e.claims, c)
		}
	}
	folded := strings.ToLower(sentence)
	for _, s := range about {
		if strings.Contains(folded, strings.ToLower(s.Name)) ||
			slices.Contains(question.CitedIDs(sentence), s.ID) {
			record(s.ID, api.AssistantClaimFieldName, s.Name, true)
		}
		for _, match := range e.amount.FindAllStringSubmatch(sentence, -1) {
			amount := e.canonical(strings.Join(match[1:], ""))
			for field, fact := range map[api.AssistantClaimField]string{
				api.AssistantClaimFieldPrice:         s.Price,
				api.AssistantClaimFieldDiscountPrice: s.DiscountPrice,
				api.AssistantClaimFieldSaving:        s.Saving,
			} {
				if fact != "" && e.canonical(fact) == amount {
					record(s.ID, field, fact, true)
				}
			}
		}
		for _, match := range percentPattern.FindAllStringSubmatch(sentence, -1) {
			if s.DiscountPct > 0 && match[1] == strconv.Itoa(s.DiscountPct) {
				record(s.ID, api.AssistantClaimFieldDiscountPercent, match[1], true)
			}
		}
		for _, match := range stockPattern.FindAllStringSubmatch(sentence, -1) {
			if stock := strings.Join(match[1:], ""); stock == strconv.FormatInt(s.Stock, 10) {
				record(s.ID, api.AssistantClaimFieldStock, stock, true)
			}
		}
		if text, verified, any := e.inWords(sentence, s); any {
			record(s.ID, api.AssistantClaimFieldDescription, text, verified)
		}
	}
}

// fewestWords is how many words a sentence must have, besides names, numbers and stop words, to
// claim something about a product.
const fewestWords = 2

// inWords returns what a sentence claims of a product in words, if anything, and whether the
// product's own text has all of these words.
func (e *editor) inWords(sentence string, s model.Source) (text string, verified, any bool) {
	own := map[string]bool{}
	for _, word := range words.Split(strings.Join(
		[]string{s.Name, s.Brand, s.Category, s.Description, s.Attributes}, " ",
	)) {
		own[words.Stem(word)] = true
	}
	name := map[string]bool{
		"usd": true, strings.ToLower(s.Currency): true,
		"instead": true, "afford": true, "cost": true,
	}
	for _, word := range words.Split(s.Name) {
		name[words.Stem(word)] = true
	}
	claimed, verified := 0, true
	for _, word := range words.Split(sentence) {
		stem := words.Stem(word)
		if name[stem] || words.IsNumber(word) || words.ClassOf(word) == words.Stop {
			continue
		}
		claimed++
		verified = verified && own[stem]
	}
	return model.Cut(sentence, 300), verified, claimed >= fewestWords
}
