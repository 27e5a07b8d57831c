package search

import (
	"strings"

	"github.com/shopd/shopd/internal/question/words"
)

// weigh sets the weight of each term, and which of them a product need not have.
func (v *vocabulary) weigh(q *query) {
	sum := 0.0
	for i := range q.terms {
		t := &q.terms[i]
		c, _ := v.of(t.word)
		if strings.IndexFunc(t.word, words.IsUnspaced) == 0 {
			c, _ = v.within(t.word)
		}
		if c.products == 0 && t.prefix != "" {
			for _, longer := range v.completions(t.prefix, 3) {
				c.products = max(c.products, longer.titles)
			}
		}
		t.weight = v.weight(c)
		t.optional = words.ClassOf(t.word) == words.Stop && len(q.terms) > 1
		if !t.optional {
			sum += t.weight
		}
	}
	if sum == 0 { // every word is optional: require them all
		for i := range q.terms {
			q.terms[i].optional = false
			sum += q.terms[i].weight
		}
	}
	for i := range q.terms {
		q.terms[i].weight /= max(sum, 1e-9)
		if q.terms[i].optional {
			q.terms[i].weight = min(q.terms[i].weight, 1) * optionalShare
		}
	}
}

// nameBrands finds the brands a query names, the longest names first.
func (v *vocabulary) nameBrands(q *query) {
	for i := 0; i < len(q.terms); i++ {
		phrase, after := "", 0
		for end := i + 1; end <= min(i+5, len(q.terms)); end++ {
			phrase = strings.TrimPrefix(phrase+" "+q.terms[end-1].word, " ")
			if ids := v.brandIDs[phrase]; ids != nil {
				q.brands = append(q.brands, ids...)
				q.isBrand = i == 0 && end == len(q.terms)
				after = end
			}
		}
		i = max(i, after-1)
	}
}
