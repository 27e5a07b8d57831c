package search

import (
	"context"
	"slices"
	"strings"
)

// Reading is what a text means to a search by words: its words corrected, with their synonyms.
type Reading struct {
	// Every and Most are tsqueries (configuration english) of products with every word that is no
	// shop talk, and with most of their weight. Empty when no product can be meant.
	Every, Most string
	// Telling is the tsquery of products with the rarest of its words that is known.
	Telling string
	// Text is the text with its typos mended.
	Text string
	// Mended are the words that were taken for typos, and what for.
	Mended map[string]string
	// Also are terms of the catalogue that stand for words no product has.
	Also []string
}

// Read answers what a text means to a search by words.
func (s *Search) Read(ctx context.Context, text string) (Reading, error) {
	vocabulary, err := s.words(ctx)
	if err != nil {
		return Reading{}, err
	}
	q := vocabulary.understand(text)
	for i := range q.terms {
		q.terms[i].prefix = "" // a question is not being typed
	}
	if !q.known() {
		return Reading{}, nil
	}
	reading := Reading{
		Every:   q.everyWord(),
		Most:    q.mostWords(),
		Telling: q.tellingWord(),
		Text:    q.text,
		Mended:  map[string]string{},
	}
	for _, t := range q.terms {
		if t.typed != t.word {
			reading.Mended[t.typed] = strings.TrimPrefix(reading.Mended[t.typed]+" "+t.word, " ")
		}
		if c, _ := vocabulary.of(t.word); c.products > 0 {
			continue
		}
		for _, operand := range t.alternatives[1:] {
			term := strings.NewReplacer("'", "", "(", "", ")", "", " & ", " ").Replace(operand)
			if !slices.Contains(reading.Also, term) {
				reading.Also = append(reading.Also, term)
			}
		}
	}
	return reading, nil
}
