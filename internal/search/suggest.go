package search

import (
	"cmp"
	"context"
	"html"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/catalog"
)

// Limits of suggestions.
const (
	defaultSuggestions = 8
	maxOfKind          = 3 // each of queries, brands and categories; products fill the rest
	maxCompletions     = 8 // words that begin with the last one typed
)

// SuggestProducts completes what a shopper is typing: with queries, brands and categories from the
// vocabulary in memory, and with products read by one statement.
func (s *Search) SuggestProducts(
	ctx context.Context, r api.SuggestProductsRequestObject,
) (api.SuggestProductsResponseObject, error) {
	most := defaultSuggestions
	if r.Params.Limit != nil {
		most = int(*r.Params.Limit)
	}
	v, err := s.words(ctx)
	if err != nil {
		return nil, err
	}
	items := []api.Suggestion{}
	if typed := v.typing(r.Params.Q); typed != nil {
		if _, err := catalog.TurnSales(ctx, s.queries); err != nil {
			return nil, err
		}
		found, err := s.complete(ctx, v, typed, most)
		if err != nil {
			return nil, err
		}
		items = append(items, found...) // an empty list is one, too
	}
	return api.SuggestProducts200JSONResponse{Items: items}, nil
}

// typing is what was typed so far: whole words, and a last one that may be unfinished.
type typing struct {
	before []string
	last   string
	longer []string // words that begin with last, most common first
}

// typing reads what was typed. It corrects unknown words, and the last one if no word of the
// catalogue begins with it. It returns nil if there is nothing to complete.
func (v *vocabulary) typing(text string) *typing {
	tokens := fold(text)
	if len(tokens) == 0 {
		return nil
	}
	tokens = tokens[:min(len(tokens), maxTerms)]
	t := &typing{last: tokens[len(tokens)-1]}
	for _, word := range tokens[:len(tokens)-1] {
		if stopWords[word] {
			continue
		}
		if _, known := v.of(word); !known {
			if meant := v.correct(word); meant != nil {
				t.before = append(t.before, meant...)
				continue
			}
		}
		t.before = append(t.before, word)
	}
	found := v.completions(t.last, maxCompletions)
	if len(found) == 0 {
		if meant := v.correct(t.last); meant != nil {
			t.before = append(t.before, meant[:len(meant)-1]...)
			t.last = meant[len(meant)-1]
			found = v.completions(t.last, maxCompletions)
		}
	}
	for _, one := range found {
		t.longer = append(t.longer, one.word)
	}
	return t
}

// complete returns the suggestions for what was typed.
func (s *Search) complete(
	ctx context.Context, v *vocabulary, t *typing, most int,
) ([]api.Suggestion, error) {
	var items []api.Suggestion
	seen := map[string]bool{}
	for _, word := range t.longer[:min(maxOfKind, len(t.longer))] {
		text := strings.Join(append(slices.Clone(t.before), word), " ")
		if word == t.last && len(t.longer) > 1 || seen[text] || stopWords[word] {
			continue
		}
		seen[text] = true
		items = append(
			items,
			api.Suggestion{
				Kind:        api.SuggestionKindQuery,
				Text:        text,
				Highlighted: t.highlight(text),
			},
		)
	}
	items = append(items, t.named(api.SuggestionKindBrand, v.brands)...)
	items = append(items, t.named(api.SuggestionKindCategory, v.categories)...)
	rows, err := s.planned.SuggestProducts(ctx, t.words(), int32(most))
	if err != nil {
		return nil, err
	}
	products := make([]api.Suggestion, 0, len(rows))
	for _, row := range rows {
		summary, err := s.catalog.Summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		products = append(products, api.Suggestion{
			Kind:        api.SuggestionKindProduct,
			Text:        summary.Name,
			Highlighted: t.highlight(summary.Name),
			ID:          &summary.ID,
			Slug:        &summary.Slug,
			Image:       summary.Image,
		})
	}
	// At least half of the list are products, if so many match.
	room := max(most-len(products), (most+1)/2)
	items = append(items[:min(len(items), room)], products...)
	return items[:min(len(items), most)], nil
}

// named returns the brands or categories whose name has every word typed, the last one as the
// beginning of a word. Shorter names come first.
func (t *typing) named(kind api.SuggestionKind, names []name) (found []api.Suggestion) {
	var fits []name
	for _, n := range names {
		all := slices.ContainsFunc(
			n.words, func(word string) bool { return strings.HasPrefix(word, t.last) },
		)
		for _, word := range t.before {
			all = all && slices.Contains(n.words, word)
		}
		if all {
			fits = append(fits, n)
		}
	}
	slices.SortStableFunc(fits, func(a, b name) int {
		starts := func(n name) int {
			if len(n.words) > 0 && strings.HasPrefix(n.words[0], t.last) {
				return 0
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(starts(a), starts(b)), cmp.Compare(len(a.name), len(b.name)),
			strings.Compare(a.name, b.name),
		)
	})
	for _, n := range fits[:min(len(fits), maxOfKind)] {
		found = append(
			found,
			api.Suggestion{
				Kind:        kind,
				Text:        n.name,
				Highlighted: t.highlight(n.name),
				ID:          &n.id,
				Slug:        &n.slug,
			},
		)
	}
	return found
}

// words returns the tsquery that matches products with what was typed. It lists the words that
// begin with the last one: a prefix in a tsquery matches stems, and a short one matches very many.
func (t *typing) words() string {
	all := make([]string, 0, len(t.before)+1)
	for _, word := range t.before {
		all = append(all, quote(word)+":AB")
	}
	last := []string{quote(t.last) + ":AB"}
	for _, word := range t.longer {
		last = append(last, quote(word)+":AB")
	}
	if len(t.longer) == 0 && len(t.last) >= 3 { // perhaps newer than the vocabulary
		last = append(last, quote(t.last)+":*AB")
	}
	return strings.Join(append(all, "("+strings.Join(last, " | ")+")"), " & ")
}

// highlight returns a text as HTML, with what was typed in <mark>.
func (t *typing) highlight(text string) string {
	var out strings.Builder
	written := 0
	for _, word := range tokenize(text) {
		end := 0
		switch {
		case slices.Contains(t.before, word.word):
			end = word.end
		case strings.HasPrefix(word.word, t.last):
			// As many letters as were typed.
			end = word.start + len(firstRunes(text[word.start:word.end], len([]rune(t.last))))
		default:
			continue
		}
		out.WriteString(
			html.EscapeString(text[written:word.start]) + "<mark>" + html.EscapeString(
				text[word.start:end],
			) + "</mark>",
		)
		written = end
	}
	out.WriteString(html.EscapeString(text[written:]))
	return out.String()
}

func firstRunes(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
