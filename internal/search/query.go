package search

import (
	"slices"
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/question/words"
)

// The weights of a query, tuned on the open half of the judged queries (testdata).
const (
	maxTerms      = 24        // words of a query that are read
	maxCombined   = 8         // heaviest words that mostWords combines
	minShare      = 0.3       // least share of the weight of the words in such a combination
	optionalShare = 0.15      // weight of a word such as "buy", compared with a naming one
	pairBonus     = 0.15      // added if two neighbours in the query are neighbours in the name
	onlyBrand     = 1.0       // added for products of a brand that is the whole query
	rareWord      = int32(3)  // most products that have a word which may be a typo
	muchMore      = int32(20) // how many times more products have the correct word
)

// term is one word of a query.
type term struct {
	word, typed  string
	alternatives []string // operands of a tsquery of which one is enough, the word first
	prefix       string   // beginning of a longer word, for the last one typed
	weight       float64  // those of all terms that are not optional add up to 1
	known        bool     // some product has it, or it was corrected
	optional     bool     // a word such as "buy": a product need not have it
	inTitles     bool     // some product has it in its name, brand or category
	follows      bool     // no other word stands between it and the term before
}

// query is the interpretation of the text of a search.
type query struct {
	text      string // corrected
	corrected bool
	terms     []term
	brands    []int64
	isBrand   bool // the whole text is the name of a brand
}

// known reports whether any product can match.
func (q *query) known() bool {
	return len(q.brands) > 0 ||
		slices.ContainsFunc(q.terms, func(t term) bool { return t.known && !t.optional }) ||
		!slices.ContainsFunc(q.terms, func(t term) bool { return !t.optional }) && len(q.terms) > 0
}

// understand corrects the words of a text and weighs them.
func (v *vocabulary) understand(text string) *query {
	q := &query{text: text}
	tokens := tokenize(text)
	tokens = tokens[:min(len(tokens), maxTerms)]
	var corrected strings.Builder
	written, gap := 0, true
	named := v.stopNames(tokens)
	for i, t := range tokens {
		if stopWords[t.word] && !named[i] {
			gap = true
			continue
		}
		terms, changed := v.read(t, i == len(tokens)-1)
		if named[i] {
			terms, changed = []term{v.newTerm(t, t.word, true)}, false
		}
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

// stopNames reports which tokens of a text are stop words that count: those of a brand whose name
// is made of them (AT&T), and all of a text that has nothing else.
func (v *vocabulary) stopNames(tokens []token) map[int]bool {
	const longest = 5 // words
	named := map[int]bool{}
	for from := range tokens {
		phrase := ""
		for to := from; to < min(from+longest, len(tokens)) && stopWords[tokens[to].word]; to++ {
			phrase = strings.TrimPrefix(phrase+" "+tokens[to].word, " ")
			if to == from || v.brandIDs[phrase] == nil {
				continue
			}
			for i := from; i <= to; i++ {
				named[i] = true
			}
		}
	}
	if !slices.ContainsFunc(tokens, func(t token) bool { return !stopWords[t.word] }) {
		for i := range tokens {
			named[i] = true
		}
	}
	return named
}

// newTerm returns a term of a word, which stands for a token.
func (v *vocabulary) newTerm(t token, word string, known bool) term {
	c, _ := v.of(word)
	return term{
		word:         word,
		typed:        t.word,
		alternatives: []string{quote(word)},
		known:        known,
		inTitles:     c.titles > 0,
	}
}

// read returns the terms of a token, and whether they differ from what was typed.
func (v *vocabulary) read(t token, last bool) (terms []term, changed bool) {
	if strings.IndexFunc(t.word, words.IsUnspaced) == 0 {
		return []term{v.readUnspaced(t, last)}, false
	}
	terms, changed = v.readWord(t, last)
	if one := &terms[0]; len(terms) == 1 && !changed {
		if t.spelled != "" {
			one.alternatives = append(one.alternatives, quote(t.spelled))
			_, known := v.of(t.spelled)
			one.known = one.known || known
		}
		if parts := borders(t.word); parts != nil && v.areKnown(parts) {
			one.alternatives = append(one.alternatives, phraseOf(strings.Join(parts, " ")))
		}
		if v.counts[t.hyphenated].products > 0 {
			one.alternatives = append(one.alternatives, quote(t.hyphenated))
		}
	}
	return terms, changed
}

// readUnspaced returns the term of a word that is written without blanks: it may stand within
// others, where it is found by the pairs of its letters.
func (v *vocabulary) readUnspaced(t token, last bool) term {
	c, known := v.within(t.word)
	one := v.newTerm(t, t.word, known)
	one.inTitles = c.titles > 0
	all := pairs(t.word)
	if all == nil {
		one.alternatives = append(one.alternatives, quote(t.word)+":*")
		return one
	}
	for i, pair := range all {
		all[i] = quote(pair)
	}
	one.alternatives = append(one.alternatives, "("+strings.Join(all, " <-> ")+")")
	if last {
		one.prefix = t.word
	}
	return one
}

func (v *vocabulary) areKnown(words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		_, known := v.of(word)
		return !known
	})
}

// readWord returns the terms of a token of a script with blanks between words.
func (v *vocabulary) readWord(t token, last bool) (terms []term, changed bool) {
	c, known := v.of(t.word)
	if !known && v.isSynonym(t.word) {
		known = true
	}
	if known {
		one := v.newTerm(t, t.word, true)
		if last && len(t.word) >= 3 {
			one.prefix = t.word
		}
		if meant := v.muchLikelier(t.word, c); meant != "" {
			one = v.newTerm(t, meant, true)
			one.alternatives = append(one.alternatives, quote(t.word))
			return []term{one}, true
		}
		return []term{one}, false
	}
	if t.spelled != "" {
		if _, known := v.of(t.spelled); known {
			return []term{v.newTerm(t, t.word, true)}, false
		}
	}
	if t.parts != nil {
		for _, part := range t.parts {
			_, known := v.of(part)
			terms = append(terms, v.newTerm(t, part, known))
		}
		return terms, false
	}
	if last && len(t.word) >= 3 && len(v.completions(t.word, 1)) > 0 {
		one := v.newTerm(t, t.word, true)
		one.prefix = t.word
		return []term{one}, false
	}
	if words.ClassOf(t.word) == words.Stop {
		return []term{v.newTerm(t, t.word, false)}, false
	}
	meant := v.correct(t.word)
	if meant == nil {
		return []term{v.newTerm(t, t.word, false)}, false
	}
	for _, word := range meant {
		one := v.newTerm(t, word, true)
		// A product may be newer than the vocabulary.
		one.alternatives = append(one.alternatives, quote(t.word))
		terms = append(terms, one)
	}
	return terms, true
}

// muchLikelier returns the common word that a very rare one, a letter apart, is probably a typo of;
// else "".
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

// widen adds alternatives to terms: neighbouring words written as one, and synonyms.
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

// add adds an alternative to the terms from…end.
func (q *query) add(from, end int, operand string) {
	for i := from; i < end; i++ {
		q.terms[i].known = true
		if !slices.Contains(q.terms[i].alternatives, operand) {
			q.terms[i].alternatives = append(q.terms[i].alternatives, operand)
		}
	}
}
