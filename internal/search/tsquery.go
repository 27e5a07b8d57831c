package search

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// everyWord requires every word of the query that is not optional.
func (q *query) everyWord() string {
	var all []string
	for _, t := range q.terms {
		if !t.optional {
			all = append(all, t.operand(!t.inTitles))
		}
	}
	return strings.Join(all, " & ")
}

// knownWords requires every query word that exists in the catalogue. It is empty if all of them do,
// or none.
func (q *query) knownWords() string {
	var known []string
	hasUnknown := false
	for _, t := range q.terms {
		switch {
		case t.optional:
		case t.known:
			known = append(known, t.operand(!t.inTitles))
		default:
			hasUnknown = true
		}
	}
	if !hasUnknown {
		return ""
	}
	return strings.Join(known, " & ")
}

// mostWords requires words of at least minShare of the query's weight: it lists every smallest
// combination of known words that has so much.
func (q *query) mostWords() string {
	var known []term
	sum := 0.0
	for _, t := range q.terms {
		if t.known && !t.optional {
			known = append(known, t)
		}
	}
	slices.SortStableFunc(known, func(a, b term) int {
		if a.weight > b.weight {
			return -1
		}
		return 1
	})
	known = known[:min(len(known), maxCombined)]
	for _, t := range known {
		sum += t.weight
	}
	var sets []uint
	for size := 1; size <= len(known); size++ {
		for set := uint(1); set < 1<<len(known); set++ {
			if bits.OnesCount(set) != size ||
				slices.ContainsFunc(
					sets, func(smaller uint) bool { return set&smaller == smaller },
				) {
				continue
			}
			share := 0.0
			for i, t := range known {
				if set>>i&1 == 1 {
					share += t.weight
				}
			}
			if share >= minShare*sum {
				sets = append(sets, set)
			}
		}
	}
	combinations := make([]string, 0, len(sets))
	for _, set := range sets {
		var all []string
		for i, t := range known {
			if set>>i&1 == 1 {
				all = append(all, t.operand(true))
			}
		}
		combinations = append(combinations, "("+strings.Join(all, " & ")+")")
	}
	return strings.Join(combinations, " | ")
}

// tellingWord requires the known word with the greatest weight.
func (q *query) tellingWord() string {
	var best term
	for _, t := range q.terms {
		if t.known && !t.optional && t.weight > best.weight {
			best = t
		}
	}
	if best.word == "" {
		return ""
	}
	return best.operand(true)
}

// anyWord requires any word of the query.
func (q *query) anyWord() string {
	all := make([]string, 0, len(q.terms))
	for _, t := range q.terms {
		all = append(all, t.operand(true))
	}
	return strings.Join(all, " | ")
}

// pairs returns tsqueries that match names with two neighbours of the query as neighbours, and the
// bonus of each.
func (q *query) pairs() (queries []string, weights []float64) {
	for i := 1; i < len(q.terms); i++ {
		if a, b := q.terms[i-1], q.terms[i]; b.follows {
			queries = append(queries, a.alternatives[0]+":A <-> "+b.alternatives[0]+":A")
			weights = append(weights, pairBonus*(a.weight+b.weight)/2)
		}
	}
	return queries, weights
}

// variants are words that distinguish models of the same number, such as the 7 and the 7 Plus.
var variants = []string{"plus", "pro", "max", "mini", "edge", "active", "lite", "ultra", "note"}

// rivals matches names of another model than the one searched for, such as the 7 Plus for the 7.
func (q *query) rivals() string {
	var others, all []string
	for _, word := range variants {
		if !slices.ContainsFunc(q.terms, func(t term) bool { return t.word == word }) {
			others = append(others, quote(word)+":A")
		}
	}
	for _, t := range q.terms {
		if strings.ContainsFunc(t.word, unicode.IsDigit) {
			all = append(
				all, fmt.Sprintf("%s:A <-> (%s)", quote(t.word), strings.Join(others, " | ")),
			)
		}
	}
	return strings.Join(all, " | ")
}

// operand returns the tsquery of a term.
func (t term) operand(withPrefix bool) string {
	all := t.alternatives
	if withPrefix && t.prefix != "" {
		all = append(slices.Clone(all), quote(t.prefix)+":*")
	}
	return "(" + strings.Join(all, " | ") + ")"
}

// quote returns a word as an operand. A word holds no quote: it is made of letters, digits and
// marks.
func quote(word string) string { return "'" + word + "'" }

// phraseOf returns the words of a synonym as an operand.
func phraseOf(text string) string {
	parts := strings.Fields(text)
	for i, part := range parts {
		parts[i] = quote(part)
	}
	return "(" + strings.Join(parts, " & ") + ")"
}
