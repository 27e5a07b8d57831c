package local

import (
	"slices"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// Shares of a question's words a product must have. Below refuse at best, the shop does not carry
// what was asked for; a product below keep is not about it.
const (
	refuse     = 0.5
	keep       = 0.34
	beside     = 0.55 // of the best share: a half match has no place beside a whole one
	softWeight = 0.4  // of a word that narrows without naming goods, such as a colour
	aside      = 0.5  // of a word that names goods, where it is only said about a product
)

// Document is what is known of a product in words.
type Document struct {
	Title string        // its name, brand and category
	Body  func() string // all else, read if the title does not tell enough
}

// Keep returns which documents are about the question at all. A word counts by how rare it is, so
// one that no product has, such as "helicopter", outweighs the others. A question about the whole
// shop keeps everything.
func (l *Local) Keep(q question.Question, documents []Document) []bool {
	kept := make([]bool, len(documents))
	asked, goods := l.askedFor(q.Text), l.goods(q.Text)
	if q.Generic || len(asked) == 0 {
		for i := range kept {
			kept[i] = true
		}
		return kept
	}
	shares := make([]float64, len(documents))
	best := 0.0
	for i, document := range documents {
		shares[i] = l.coverage(asked, goods, document)
		best = max(best, shares[i])
	}
	for i, share := range shares {
		kept[i] = best >= refuse && share >= max(keep, beside*best)
	}
	return kept
}

// muchCommoner is how many times as many products must have a word for another one to be a typo of
// it.
const muchCommoner = 10

// unknown is what a word of which the catalogue knows nothing weighs more than the rarest it knows.
const unknown = 1.1

// Mend replaces the words that are strange to the catalogue by what they were taken for elsewhere,
// where that begins with the same letter: typos rarely hit the first, and a wedding is no bedding.
func (l *Local) Mend(text string, mended map[string]string) string {
	v := l.vocabulary.Load()
	split := strings.Fields(text)
	for i, word := range split {
		folded := words.Fold(strings.Trim(word, ".,;:!?\"'()"))
		stem := words.Stem(folded)
		if meant := mended[folded]; meant != "" && folded != "" && meant[0] == folded[0] &&
			len(mates(stem)) == 0 &&
			v.isStrange(folded, meant) {
			split[i] = meant
		}
	}
	return strings.Join(split, " ")
}

// isStrange reports whether a word is none of the catalogue's: not even its stem, or only that, and
// far more rarely than what it is taken for ("lightening" where a few things lighten a load and
// many have a lightning plug).
func (v *vocabulary) isStrange(word, meant string) bool {
	stem := words.Stem(word)
	return !v.knows(stem) ||
		v.spellings[word] == 0 && v.counts[words.Stem(meant)] >= muchCommoner*v.counts[stem]
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
		if class == words.Soft && !v.knows(stem) && len(mates(stem)) == 0 {
			continue // whom it is for does not make it foreign to the shop
		}
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

// coverage is the weighted share of the stems that a document has, itself or by a synonym. The word
// that names the goods counts whole in what names the product, less by a synonym of it (as in
// vectors, if the catalogue has the word itself), and half if it is only said about the product:
// what fits on a bicycle is no bicycle.
func (l *Local) coverage(asked map[string]float64, goods string, document Document) float64 {
	v := l.vocabulary.Load()
	title := stems(document.Title) // so few that looking through them beats a map
	body := sync.OnceValue(func() []string { return stems(document.Body()) })
	var all, found float64
	for stem, weight := range asked {
		all += weight
		isGoods := stem == goods
		switch {
		case slices.Contains(title, stem), !isGoods && slices.Contains(body(), stem):
			found += weight
		case isGoods && v.knows(stem) && hasAny(title, mates(stem)):
			found += weight * mateWeight
		case isGoods && slices.Contains(body(), stem):
			found += weight * aside
		case hasAny(title, mates(stem)), !isGoods && hasAny(body(), mates(stem)):
			found += weight
		case hasAny(body(), mates(stem)):
			found += weight * aside
		}
	}
	if all == 0 {
		return 1
	}
	return found / all
}

// goods returns the stem of the word that names what is wanted, if the question's form tells: the
// last word before a preposition, behind an article or in the plural ("a red bicycle for kids",
// "running shoes"), unless the shopper has it already ("my keys").
func (l *Local) goods(text string) string {
	last, behindArticle := "", false
	for _, word := range words.Split(text) {
		switch {
		case words.ClassOf(word) != words.Stop:
			if words.ClassOf(word) == words.Content && !words.IsNumber(word) {
				last = word
			}
		case owned[word]:
			return ""
		case article[word] && last == "":
			behindArticle = true
		case preposition[word]:
			return l.goodsOf(last, behindArticle)
		}
	}
	return l.goodsOf(last, behindArticle)
}

func (l *Local) goodsOf(word string, behindArticle bool) string {
	isPlural := len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss")
	if word == "" || !behindArticle && !isPlural {
		return ""
	}
	return l.vocabulary.Load().meant(word)
}

var (
	article     = setOf("a an any some")
	owned       = setOf("my our myself")
	preposition = setOf(
		"for with without in on at to of from while when by about under over into onto through during behind that which who",
	)
)

func setOf(list string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		all[word] = true
	}
	return all
}

func hasAny(has, stems []string) bool {
	return slices.ContainsFunc(stems, func(stem string) bool { return slices.Contains(has, stem) })
}

// Reading tells of words that no product has: whether any is strange, so that it may be a typo, and
// what the catalogue has for the others, which have a synonym there.
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

// Missing are the words of a question that no document has, themselves or by a synonym: what they
// ask is not told there. Words that only narrow without naming anything, such as colours, count as
// well.
func (l *Local) Missing(text string, documents []string) (missing []string) {
	v := l.vocabulary.Load()
	has := stems(strings.Join(documents, "\n"))
	for _, word := range words.Split(text) {
		if words.ClassOf(word) == words.Stop || words.IsNumber(word) ||
			tellsNothing[words.Stem(word)] {
			continue
		}
		if stem := v.meant(word); !slices.Contains(has, stem) && !hasAny(has, mates(stem)) &&
			!slices.Contains(missing, word) {
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
