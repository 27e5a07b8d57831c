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

// unknown is what a word of which the catalogue knows nothing weighs more than the rarest it knows.
const unknown = 1.1

// Mend replaces the words that are strange to the catalogue by what they were taken for elsewhere, where that begins with
// the same letter: typos rarely hit the first, and a wedding is no bedding.
func (l *Local) Mend(text string, mended map[string]string) string {
	v := l.vocabulary.Load()
	split := strings.Fields(text)
	for i, word := range split {
		folded := words.Fold(strings.Trim(word, ".,;:!?\"'()"))
		stem := words.Stem(folded)
		if meant := mended[folded]; meant != "" && folded != "" && meant[0] == folded[0] && !v.knows(stem) && len(mates(stem)) == 0 {
			split[i] = meant
		}
	}
	return strings.Join(split, " ")
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
		if !v.knows(stem) && len(mates(stem)) == 0 {
			asked[stem] *= unknown
		}
		if class == words.Soft || isAdverb(word) && !v.knows(stem) {
			asked[stem] *= softWeight
		}
	}
	return asked
}

// isAdverb: "gently" says how, not what.
func isAdverb(word string) bool { return len(word) >= 6 && strings.HasSuffix(word, "ly") }

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

// Reading tells of words that no product has: whether any is strange, so that it may be a typo, and what the catalogue has
// for the others, which have a synonym there.
func (l *Local) Reading(text string) (strange bool, also []string) {
	v := l.vocabulary.Load()
	for _, word := range telling(text) {
		stem := words.Stem(word)
		if v.knows(stem) {
			continue
		}
		found := false
		for _, mate := range mates(stem) {
			if v.knows(mate) {
				found = true
				also = append(also, mate)
			}
		}
		strange = strange || !found
	}
	return strange, also
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
