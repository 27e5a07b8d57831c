package search

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// everyWord is the tsquery of products with all that is asked for.
func (q *query) everyWord() string {
	var all []string
	for _, t := range q.terms {
		if !t.optional {
			all = append(all, t.operand(!t.named))
		}
	}
	return strings.Join(all, " & ")
}

// knownWords is the tsquery of products with all that is asked for and that any product has; empty
// when that is all or nothing.
func (q *query) knownWords() string {
	var known []string
	strange := false
	for _, t := range q.terms {
		switch {
		case t.optional:
		case t.known:
			known = append(known, t.operand(!t.named))
		default:
			strange = true
		}
	}
	if !strange {
		return ""
	}
	return strings.Join(known, " & ")
}

// mostWords is the tsquery of products with most of what is asked for, by weight: of the words
// known at all, every smallest combination that has minShare of it.
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

// tellingWord is the tsquery of products with the known word that weighs most.
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

// anyWord is the tsquery of products with anything that is asked for.
func (q *query) anyWord() string {
	all := make([]string, 0, len(q.terms))
	for _, t := range q.terms {
		all = append(all, t.operand(true))
	}
	return strings.Join(all, " | ")
}

// pairs are the tsqueries of names with two words side by side, and what each is worth.
func (q *query) pairs() (queries []string, weights []float64) {
	for i := 1; i < len(q.terms); i++ {
		if a, b := q.terms[i-1], q.terms[i]; b.follows {
			queries = append(queries, a.alternatives[0]+":A <-> "+b.alternatives[0]+":A")
			weights = append(weights, pairBonus*(a.weight+b.weight)/2)
		}
	}
	return queries, weights
}

// variants are the words that make another model of the one a number names.
var variants = []string{"plus", "pro", "max", "mini", "edge", "active", "lite", "ultra", "note"}

// rivals is the tsquery of names with another model than the one asked for: the 7 Plus for the 7.
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

// operand is the tsquery of a term.
func (t term) operand(withPrefix bool) string {
	all := t.alternatives
	if withPrefix && t.prefix != "" {
		all = append(slices.Clone(all), quote(t.prefix)+":*")
	}
	return "(" + strings.Join(all, " | ") + ")"
}

// quote makes a word an operand. Words are letters, digits and marks, so that nothing in them ends
// the quotes.
func quote(word string) string { return "'" + word + "'" }

// phraseOf makes the words of a synonym an operand.
func phraseOf(text string) string {
	parts := strings.Fields(text)
	for i, part := range parts {
		parts[i] = quote(part)
	}
	return "(" + strings.Join(parts, " & ") + ")"
}
