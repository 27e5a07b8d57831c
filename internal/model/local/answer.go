package local

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/question"
)

// Limits of an answer.
const (
	maxFewLeft     = 5   // up to so many units, an answer says how many are left
	maxSentence    = 160 // runes of a quoted sentence
	maxDescription = 600
)

// Generate implements model.Generator. It writes the answer from the facts and descriptions of the
// products, by the kind of question. It follows no instructions in descriptions or in the history.
func (l *Local) Generate(_ context.Context, p model.Prompt) (string, error) {
	if len(p.Sources) == 0 {
		return "I could not find anything that fits.", nil
	}
	q := question.Parse(p.Question, nil, money.Currency(p.Sources[0].Currency).Digits())
	w := writer{asked: stems(p.Question)}
	meant := theOne(p.Sources)
	switch {
	case q.Intent == question.AskDiscount:
		w.discounts(meant)
	case q.Intent == question.AskStock:
		w.stock(meant)
	case q.Intent == question.AskPrice && len(meant) == 1:
		w.say("%s costs %s.", cite(p.Sources[0]), price(p.Sources[0]))
	case q.Intent == question.Details && len(meant) == 1:
		w.say("%s: %s.", cite(p.Sources[0]), price(p.Sources[0]))
		w.say("%s", model.Clean(p.Sources[0].Description, maxDescription))
	case q.Intent == question.Compare && len(p.Sources) > 1:
		w.say("Side by side:")
		w.list(p.Sources)
	case q.Intent == question.Pick && q.Order != question.Relevance && !plural(p.Question):
		w.pick(q.Order, p.Sources)
	default:
		w.say("%s", opening(q, len(p.Sources)))
		w.list(p.Sources)
	}
	return strings.TrimSpace(w.text.String()), nil
}

// Stream implements model.Generator. It emits the whole answer in one piece.
func (l *Local) Stream(ctx context.Context, p model.Prompt, emit func(string) error) error {
	text, err := l.Generate(ctx, p)
	if err != nil {
		return err
	}
	return emit(text)
}

// theOne returns only the first source if its score is much higher than that of the second: a
// question about one product then is about that one. Else it returns all sources.
func theOne(sources []model.Source) []model.Source {
	if len(sources) > 1 && sources[0].Score-sources[1].Score > 0.1 {
		return sources[:1]
	}
	return sources
}

// plural reports whether a question asks for several products, such as "which products are the
// cheapest".
func plural(text string) bool {
	folded := " " + strings.NewReplacer("?", " ", ",", " ").Replace(strings.ToLower(text)) + " "
	for _, word := range []string{
		" products ", " items ", " ones ", " some ", " options ", " things ",
	} {
		if strings.Contains(folded, word) {
			return true
		}
	}
	return false
}

func opening(q question.Question, n int) string {
	switch {
	case n == 1:
		return "This is what I found:"
	case q.OnSale:
		return "These are on sale right now:"
	case q.Order == question.Cheapest:
		return "These are the most affordable that fit:"
	case q.Order == question.Dearest:
		return "These are the finest we have of it:"
	case q.Order == question.BiggestDiscount:
		return "These have the biggest discounts:"
	case q.Order == question.Newest:
		return "These are the newest:"
	case q.MinPriceMinor != nil || q.MaxPriceMinor != nil:
		return "These fit your budget:"
	}
	return "Here is what I found:"
}

// writer writes an answer.
type writer struct {
	text  strings.Builder
	asked []string // stems of the question, to choose the sentence to quote
}

func (w *writer) say(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

func (w *writer) list(sources []model.Source) {
	for _, s := range sources {
		line := "- " + cite(s) + ": " + price(s) + "."
		if s.Stock <= maxFewLeft {
			line += fmt.Sprintf(" Only %d left.", s.Stock)
		}
		if sentence := w.quote(s.Description); sentence != "" {
			line += " " + sentence
		}
		w.say("%s", line)
	}
}

func (w *writer) pick(order question.Order, sources []model.Source) {
	which := map[question.Order]string{
		question.Cheapest:        "The most affordable",
		question.Dearest:         "The most expensive",
		question.BiggestDiscount: "The one with the biggest discount",
		question.Newest:          "The newest",
	}[order]
	w.say(
		"%s is %s at %s. %s", which, cite(sources[0]), price(sources[0]),
		w.quote(sources[0].Description),
	)
	if len(sources) > 1 {
		w.say("After it:")
		w.list(sources[1:])
	}
}

func (w *writer) discounts(sources []model.Source) {
	var reduced []model.Source
	for _, s := range sources {
		if s.DiscountPrice != "" {
			reduced = append(reduced, s)
		}
	}
	switch {
	case len(reduced) == 0 && len(sources) == 1:
		w.say("No, %s is not on sale: it costs %s.", cite(sources[0]), price(sources[0]))
	case len(reduced) == 0:
		w.say("No, none of these is on sale right now:")
		w.list(sources)
	case len(sources) == 1:
		w.say("Yes, %s is on sale: %s.", cite(sources[0]), price(sources[0]))
	case len(reduced) == 1:
		w.say("Yes, one of them is on sale:")
		w.list(reduced)
	default:
		w.say("Yes, %d of them are on sale:", len(reduced))
		w.list(reduced)
	}
}

// stock lists the sources. All are in stock, since other products never become sources.
func (w *writer) stock(sources []model.Source) {
	if len(sources) > 1 {
		w.say("Yes, these are in stock:")
	}
	for _, s := range sources {
		line := "- " + cite(s) + ": "
		if len(sources) == 1 {
			line = "Yes, " + cite(s) + " is in stock: "
		}
		w.say("%s%d available at %s.", line, s.Stock, price(s))
	}
}

func cite(s model.Source) string {
	return fmt.Sprintf("%s [#%d]", model.Clean(s.Name, 200), s.ID)
}

func price(s model.Source) string {
	if s.DiscountPrice == "" {
		return s.Price + " " + s.Currency
	}
	return fmt.Sprintf(
		"%s %s instead of %s %s (%d %% off)", s.DiscountPrice, s.Currency, s.Price, s.Currency,
		s.DiscountPct,
	)
}

// quote returns the sentence of a description that shares the most words with the question, or the
// first if none shares any. It skips sentences with an address, and those that look like
// instructions to a model.
func (w *writer) quote(description string) string {
	best, most := "", -1
	sentences := strings.ReplaceAll(model.Clean(description, 2000), ". ", ".\x00")
	for sentence := range strings.SplitSeq(sentences, "\x00") {
		if suspicious(sentence) {
			continue
		}
		shared := 0
		has := stems(sentence)
		for _, stem := range w.asked {
			for _, other := range has {
				if stem == other {
					shared++
				}
			}
		}
		if shared > most {
			best, most = sentence, shared
		}
	}
	if cut := model.Cut(best, maxSentence); cut != best {
		return cut[:strings.LastIndexByte(cut, ' ')+1] + "…"
	}
	return best
}

func suspicious(sentence string) bool {
	folded := strings.ToLower(sentence)
	for _, sign := range []string{
		"http", "www.", "@", "ignore", "instruction", "assistant", "system prompt", "you must",
		"disregard",
	} {
		if strings.Contains(folded, sign) {
			return true
		}
	}
	return false
}
