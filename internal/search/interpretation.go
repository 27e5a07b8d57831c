package search

import (
	"context"
	"slices"
	"strings"
)

// Interpretation is the interpretation of a text for a search by words: corrected, with synonyms.
type Interpretation struct {
	// Every and Most are tsqueries (configuration english). Every matches products with every word
	// that is not optional, Most those with most of their weight. Empty if no product can match.
	Every, Most string
	// Telling is the tsquery that matches products with the rarest known word of the text.
	Telling string
	// Text is the text with its typos corrected.
	Text string
	// Corrected maps the words that were corrected to what they were corrected to.
	Corrected map[string]string
	// Also are terms of the catalogue, synonyms or corrections, for words that no product has.
	Also []string
}

// Interpret interprets a text for a search by words.
func (s *Search) Interpret(ctx context.Context, text string) (Interpretation, error) {
	vocabulary, err := s.words(ctx)
	if err != nil {
		return Interpretation{}, err
	}
	q := vocabulary.understand(text)
	for i := range q.terms {
		q.terms[i].prefix = "" // a question is not being typed
	}
	if !q.known() {
		return Interpretation{}, nil
	}
	meaning := Interpretation{
		Every:     q.everyWord(),
		Most:      q.mostWords(),
		Telling:   q.tellingWord(),
		Text:      q.text,
		Corrected: map[string]string{},
	}
	for _, t := range q.terms {
		if t.typed != t.word {
			meaning.Corrected[t.typed] = strings.TrimPrefix(
				meaning.Corrected[t.typed]+" "+t.word, " ",
			)
		}
		if c, _ := vocabulary.of(t.word); c.products > 0 {
			continue
		}
		for _, operand := range t.alternatives[1:] {
			if strings.ContainsAny(operand, "<*") {
				continue // pairs of letters are no word
			}
			term := strings.NewReplacer("'", "", "(", "", ")", "", " & ", " ").Replace(operand)
			if !slices.Contains(meaning.Also, term) {
				meaning.Also = append(meaning.Also, term)
			}
		}
	}
	return meaning, nil
}
