package local

import (
	"slices"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/question/words"
)

// Shares of a question's words that a product must have, and weights of words.
const (
	// minBestShare is the least share of the best product. If it has less, the shop does not carry
	// what was asked for.
	minBestShare = 0.5
	// minShare is the least share of a product that is relevant to the question.
	minShare = 0.34
	// minOfBest is the least share relative to the best product. If one product has all words,
	// products with half of them are not relevant.
	minOfBest  = 0.55
	softWeight = 0.4 // of a word that narrows without naming goods, such as a colour
	aside      = 0.5 // of the word that names the goods, if only the description has it
)

// Document is the text of a product.
type Document struct {
	Title string        // its name, brand and category
	Body  func() string // everything else; read only if the title is not enough
}

// Relevant reports which documents are about the question. Rare words weigh more, so a word that no
// product has, such as "helicopter", outweighs the others. For a question about the whole shop all
// documents are relevant.
func (l *Local) Relevant(q question.Question, documents []Document) []bool {
	relevant := make([]bool, len(documents))
	asked, goods := l.askedFor(q.Text), l.goods(q.Text)
	if q.Generic || len(asked) == 0 {
		for i := range relevant {
			relevant[i] = true
		}
		return relevant
	}
	shares := make([]float64, len(documents))
	best := 0.0
	for i, document := range documents {
		shares[i] = l.coverage(asked, goods, document)
		best = max(best, shares[i])
	}
	for i, share := range shares {
		relevant[i] = best >= minBestShare && share >= max(minShare, minOfBest*best)
	}
	return relevant
}

// muchCommoner is how many times as many products must have a word, for another word to be
// corrected to it.
const muchCommoner = 10

// unknown is the factor on the weight of a word that the catalogue does not have.
const unknown = 1.1

// Correct replaces words that are strange to the catalogue by their corrections, if these begin
// with the same letter: typos are rarely in the first letter, and a wedding is no bedding.
// corrections are by word.
func (l *Local) Correct(text string, corrections map[string]string) string {
	v := l.vocabulary.Load()
	split := strings.Fields(text)
	for i, word := range split {
		folded := words.Fold(strings.Trim(word, ".,;:!?\"'()"))
		stem := words.Stem(folded)
		if meant := corrections[folded]; meant != "" && folded != "" && meant[0] == folded[0] &&
			len(mates(stem)) == 0 && v.isStrange(folded, meant) {
			split[i] = meant
		}
	}
	return strings.Join(split, " ")
}

// isStrange reports whether the catalogue does not have a word. A word of which it has only the
// stem is strange as well if meant is far more frequent, such as "lightening" in a catalogue with
// some bags that lighten a load and many lightning plugs.
func (v *vocabulary) isStrange(word, meant string) bool {
	stem := words.Stem(word)
	return !v.knows(stem) ||
		v.spellings[word] == 0 && v.counts[words.Stem(meant)] >= muchCommoner*v.counts[stem]
}

// askedFor returns the stems of a question with their weights. Typos are corrected.
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
			continue // such as whom a present is for, which does not make it foreign to the shop
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

// isAdverb reports whether a word is an adverb such as "gently", which does not name goods.
func isAdverb(word string) bool { return len(word) >= 6 && strings.HasSuffix(word, "ly") }

// coverage returns the weighted share of the stems that a document has, itself or by a synonym. The
// word that names the goods counts fully if the title has it, less if the title has a synonym (as
// in vectors, if the catalogue has the word itself), and half if only the description has it: an
// accessory for a bicycle is no bicycle.
func (l *Local) coverage(asked map[string]float64, goods string, document Document) float64 {
	v := l.vocabulary.Load()
	title := stems(document.Title) // short, so that a search is faster than a map
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

// goods returns the stem of the word that names the goods, if the form of the question shows it:
// the last word before a preposition, after an article or in the plural ("a red bicycle for kids",
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
		"for with without in on at to of from while when by about under over into onto through " +
			"during behind that which who",
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

// Reading looks for words that no product has. strange is true if any of them has no synonym in the
// catalogue either, so that it may be a typo. also are the synonyms of the others.
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

// Missing returns the words of a question that no document has, itself or by a synonym: the
// documents do not say what these words ask. Words that only narrow, such as colours, count as
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

// tellsNothing are words of questions such as "does it come with" and "does it contain", which say
// nothing about the product.
var tellsNothing = func() map[string]bool {
	const list = "come comes include includes included work works contain contains support " +
		"supports fit fits make makes need needs use used suitable safe good"
	all := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		all[words.Stem(word)] = true
	}
	return all
}()
