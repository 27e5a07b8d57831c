package search

import (
	"slices"
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/question/words"
)

// What a query is weighed by. Tuned on the open half of the judged queries (testdata).
const (
	maxTerms      = 24        // words of a query that count
	maxCombined   = 8         // words of which the most telling are combined when not all are found
	minShare      = 0.3       // of a query's weight that a product must have when none has all
	optionalShare = 0.15      // what a word of shop talk weighs, compared with one that names something
	pairBonus     = 0.15      // for words that stand in the name side by side as in the query
	onlyBrand     = 1.0       // for products of a brand the query names, and nothing else
	rareWord      = int32(3)  // most products with a word that may be a mistyped one
	muchMore      = int32(20) // how many times more products the meant one has
)

// term is one word of a query.
type term struct {
	word, typed  string
	alternatives []string // operands of a tsquery, the word first
	prefix       string   // what words may begin with, for the last one
	weight       float64  // of all that are not optional 1
	known        bool     // some product has it, or it was corrected
	optional     bool     // shop talk: counts, but need not be found
	named        bool     // some product has it in its name, brand or category
	follows      bool     // stands right behind the term before it
}

// query is what the text of a search was taken to mean.
type query struct {
	text      string // corrected
	corrected bool
	terms     []term
	brands    []int64
	isBrand   bool // names a brand and nothing else
}

// known reports whether any product can be meant.
func (q *query) known() bool {
	return len(q.brands) > 0 ||
		slices.ContainsFunc(q.terms, func(t term) bool { return t.known && !t.optional }) ||
		!slices.ContainsFunc(q.terms, func(t term) bool { return !t.optional }) && len(q.terms) > 0
}

// understand corrects a text's words and weighs them.
func (v *vocabulary) understand(text string) *query {
	q := &query{text: text}
	tokens := tokenize(text)
	tokens = tokens[:min(len(tokens), maxTerms)]
	var corrected strings.Builder
	written, gap := 0, true
	for i, t := range tokens {
		if stopWords[t.word] {
			gap = true
			continue
		}
		terms, changed := v.read(t, i == len(tokens)-1)
		for n := range terms {
			terms[n].follows = n > 0 || !gap
		}
		gap = false
		if changed {
			q.corrected = true
			corrected.WriteString(text[written:t.start])
			for n, one := range terms {
				if n > 0 {
					corrected.WriteByte(' ')
				}
				corrected.WriteString(one.word)
			}
			written = t.end
		}
		q.terms = append(q.terms, terms...)
	}
	if q.corrected {
		q.text = corrected.String() + text[written:]
	}
	v.widen(q)
	v.weigh(q)
	v.nameBrands(q)
	return q
}

// read answers the terms a token stands for, and whether they are not what was typed.
func (v *vocabulary) read(t token, last bool) (terms []term, changed bool) {
	make1 := func(word string, known bool) term {
		c, _ := v.of(word)
		return term{
			word:         word,
			typed:        t.word,
			alternatives: []string{quote(word)},
			known:        known,
			named:        c.titles > 0,
		}
	}
	c, known := v.of(t.word)
	if !known && v.isSynonym(t.word) {
		known = true
	}
	if known {
		one := make1(t.word, true)
		if last && len(t.word) >= 3 {
			one.prefix = t.word
		}
		if meant := v.muchLikelier(t.word, c); meant != "" {
			one = make1(meant, true)
			one.alternatives = append(one.alternatives, quote(t.word))
			return []term{one}, true
		}
		return []term{one}, false
	}
	if t.parts != nil {
		for _, part := range t.parts {
			_, known := v.of(part)
			terms = append(terms, make1(part, known))
		}
		return terms, false
	}
	if last && len(t.word) >= 3 && len(v.completions(t.word, 1)) > 0 {
		one := make1(t.word, true)
		one.prefix = t.word
		return []term{one}, false
	}
	if words.ClassOf(t.word) == words.Stop {
		return []term{make1(t.word, false)}, false
	}
	meant := v.correct(t.word)
	if meant == nil {
		return []term{make1(t.word, false)}, false
	}
	for _, word := range meant {
		one := make1(word, true)
		one.alternatives = append(
			one.alternatives, quote(t.word),
		) // a product may be newer than the vocabulary
		terms = append(terms, one)
	}
	return terms, true
}

// muchLikelier answers the word meant by one that next to no product has, if it is one letter off a
// common one.
func (v *vocabulary) muchLikelier(word string, c count) string {
	length := len([]rune(word))
	if c.titles > 0 || c.products > rareWord || length <= oneOff ||
		strings.ContainsFunc(word, unicode.IsDigit) ||
		v.isSynonym(word) ||
		words.ClassOf(word) == words.Stop {
		return ""
	}
	meant := v.likest(word, length, 1)
	if meant == "" || meant[0] != word[0] || v.counts[meant].titles < muchMore*max(1, c.products) {
		return ""
	}
	return meant
}

func (v *vocabulary) isSynonym(word string) bool {
	_, ok := v.synonyms[word]
	return ok
}

// widen adds to terms what else they may be called: words written joined or apart, and synonyms.
func (v *vocabulary) widen(q *query) {
	for i := range q.terms {
		if i > 0 && q.terms[i].follows {
			if joined := q.terms[i-1].word + q.terms[i].word; v.counts[joined].products > 0 {
				q.add(i-1, i+1, quote(joined))
			}
		}
		phrase := ""
		for end := i + 1; end <= min(i+4, len(q.terms)); end++ {
			phrase = strings.TrimPrefix(phrase+" "+q.terms[end-1].word, " ")
			for _, other := range v.synonyms[phrase] {
				q.add(i, end, phraseOf(other))
			}
		}
	}
}

// add makes terms from…end be found by another operand too.
func (q *query) add(from, end int, operand string) {
	for i := from; i < end; i++ {
		q.terms[i].known = true
		if !slices.Contains(q.terms[i].alternatives, operand) {
			q.terms[i].alternatives = append(q.terms[i].alternatives, operand)
		}
	}
}

func (v *vocabulary) weigh(q *query) {
	sum := 0.0
	for i := range q.terms {
		t := &q.terms[i]
		c, _ := v.of(t.word)
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
	if sum == 0 { // nothing but shop talk
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

// stopWords are the ones PostgreSQL's configuration english does not index.
var stopWords = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(`i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
		herself it its itself they them their theirs themselves what which who whom this that these those am is are was were be been being
		have has had having do does did doing a an the and but if or because as until while of at by for with about against between into
		through during before after above below to from up down in out on off over under again further then once here there when where why
		how all any both each few more most other some such no nor not only own same so than too very s t can will just don should now`) {
		all[word] = true
	}
	return all
}()
