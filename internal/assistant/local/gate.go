package local

import (
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// Shares of a question's words a product must have. Below refuse at best, the shop does not carry what was asked
// for; a product below keep is not about it.
const (
	refuse     = 0.5
	keep       = 0.34
	beside     = 0.55 // of the best share: a half match has no place beside a whole one
	softWeight = 0.4  // of a word that narrows without naming goods, such as a colour
)

// Keep answers which documents are about the question at all. A word counts by how rare it is, so one that no
// product has, such as "helicopter", outweighs the others. A question about the whole shop keeps everything.
func (l *Local) Keep(q question.Question, _ string, documents []string) []bool {
	kept := make([]bool, len(documents))
	asked := l.askedFor(q.Text)
	if q.Generic || len(asked) == 0 {
		for i := range kept {
			kept[i] = true
		}
		return kept
	}
	shares := make([]float64, len(documents))
	best := 0.0
	for i, document := range documents {
		shares[i] = coverage(asked, document)
		best = max(best, shares[i])
	}
	for i, share := range shares {
		kept[i] = best >= refuse && share >= max(keep, beside*best)
	}
	return kept
}

// askedFor are the stems of a question, mended, with their weights.
func (l *Local) askedFor(text string) map[string]float64 {
	v := l.vocabulary.Load()
	asked := map[string]float64{}
	for _, word := range words.Split(text) {
		class := words.ClassOf(word)
		if class == words.Stop {
			continue
		}
		stem := v.meant(word)
		asked[stem] = v.rarity(stem)
		if class == words.Soft {
			asked[stem] *= softWeight
		}
	}
	return asked
}

// coverage is the weighted share of the stems that a document has, itself or by a synonym.
func coverage(asked map[string]float64, document string) float64 {
	has := map[string]bool{}
	for _, stem := range stems(document) {
		has[stem] = true
	}
	var all, found float64
	for stem, weight := range asked {
		all += weight
		if has[stem] || hasAny(has, mates(stem)) {
			found += weight
		}
	}
	if all == 0 {
		return 1
	}
	return found / all
}

func hasAny(has map[string]bool, stems []string) bool {
	for _, stem := range stems {
		if has[stem] {
			return true
		}
	}
	return false
}

// Missing are the words of a question that no document has, themselves or by a synonym: what they ask is not told there.
// Words that only narrow without naming anything, such as colours, count as well.
func (l *Local) Missing(text string, documents []string) (missing []string) {
	v := l.vocabulary.Load()
	has := map[string]bool{}
	for _, document := range documents {
		for _, stem := range stems(document) {
			has[stem] = true
		}
	}
	for _, word := range words.Split(text) {
		if words.ClassOf(word) == words.Stop || words.IsNumber(word) || tellsNothing[words.Stem(word)] {
			continue
		}
		if stem := v.meant(word); !has[stem] && !hasAny(has, mates(stem)) && !slices.Contains(missing, word) {
			missing = append(missing, word)
		}
	}
	return missing
}

// tellsNothing are verbs that lead to what is asked for: "does it come with", "does it contain".
var tellsNothing = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq("come comes include includes included work works contain contains support supports fit fits make makes need needs use used suitable safe good") {
		all[words.Stem(word)] = true
	}
	return all
}()
