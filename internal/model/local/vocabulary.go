package local

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/question/words"
)

// vocabulary has the words of the catalogue, and how many documents have each.
type vocabulary struct {
	documents int
	counts    map[string]int     // documents by stem
	spellings map[string]int     // how often a word is spelled in a way
	byInitial map[byte][]spelled // for typos, which are rarely in the first letter
}

type spelled struct {
	word    string
	count   int
	letters uint64 // a set of its letters, which rules out most candidates quickly
}

func newVocabulary() *vocabulary {
	return &vocabulary{
		counts:    map[string]int{},
		spellings: map[string]int{},
		byInitial: map[byte][]spelled{},
	}
}

func (v *vocabulary) add(title, body string) {
	v.documents++
	found := telling(title + " " + body)
	for i, word := range found {
		v.spellings[word]++
		found[i] = words.Stem(word)
	}
	slices.Sort(found)
	for _, stem := range slices.Compact(found) {
		v.counts[stem]++
	}
}

func (v *vocabulary) finish() {
	for word, count := range v.spellings {
		if len(word) >= shortestTypo-1 && len(word) <= longestTypo {
			v.byInitial[word[0]] = append(v.byInitial[word[0]], spelled{word, count, letters(word)})
		}
	}
	for _, list := range v.byInitial {
		slices.SortFunc(list, func(a, b spelled) int { // most frequent first
			if a.count != b.count {
				return b.count - a.count
			}
			return strings.Compare(a.word, b.word)
		})
	}
}

func (v *vocabulary) knows(stem string) bool { return v.counts[stem] > 0 }

// rarity returns the inverse document frequency of a stem, which is highest for an unknown one.
func (v *vocabulary) rarity(stem string) float64 {
	if v.documents == 0 {
		return 1
	}
	return math.Log((float64(v.documents) + 1) / (float64(v.counts[stem]) + 0.5))
}

// Lengths of words in which typos are corrected. In shorter words a wrong letter makes another
// word; from shortestTwo letters on two typos are corrected.
const (
	shortestTypo = 4
	shortestTwo  = 8
	longestTypo  = 32
)

// meant returns the stem of a word, or of the word of the catalogue that it is probably a typo of.
// A pair of letters of a script without blanks is no word that could be misspelled.
func (v *vocabulary) meant(word string) string {
	stem := words.Stem(word)
	if len(word) < shortestTypo || len(word) > longestTypo || v.knows(stem) ||
		len(mates(stem)) > 0 || word[0] >= '0' && word[0] <= '9' || isPair(word) {
		return stem
	}
	allowed := 1
	if len(word) >= shortestTwo {
		allowed = 2
	}
	best, nearest := word, allowed+1
	typed, mask := []byte(word), letters(word)
	for _, s := range v.byInitial[word[0]] {
		if abs(len(s.word)-len(word)) > allowed || bits.OnesCount64(mask^s.letters) > 2*allowed {
			continue
		}
		if d := words.Distance(typed, []byte(s.word), nearest-1); d < nearest {
			best, nearest = s.word, d
		}
	}
	return words.Stem(best)
}

// isPair reports whether a word is of a script without blanks: see words.Split.
func isPair(word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	return words.IsUnspaced(first)
}

func letters(word string) uint64 {
	var mask uint64
	for i := range len(word) {
		mask |= 1 << (word[i] % 64)
	}
	return mask
}

func abs(n int) int { return max(n, -n) }
