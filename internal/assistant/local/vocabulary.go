package local

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/question/words"
)

// vocabulary is what the catalogue's words are and how many documents have each.
type vocabulary struct {
	documents int
	counts    map[string]int     // documents by stem
	spellings map[string]int     // how often a word is written so
	byInitial map[byte][]spelled // for typos: they rarely hit the first letter
}

type spelled struct {
	word    string
	count   int
	letters uint64 // which letters it has, to rule out most candidates at once
}

func newVocabulary() *vocabulary {
	return &vocabulary{counts: map[string]int{}, spellings: map[string]int{}, byInitial: map[byte][]spelled{}}
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
		if len(word) >= shortestTypo-1 {
			v.byInitial[word[0]] = append(v.byInitial[word[0]], spelled{word, count, letters(word)})
		}
	}
	for _, list := range v.byInitial {
		slices.SortFunc(list, func(a, b spelled) int { // the frequent first, and always in the same order
			if a.count != b.count {
				return b.count - a.count
			}
			return strings.Compare(a.word, b.word)
		})
	}
}

func (v *vocabulary) knows(stem string) bool { return v.counts[stem] > 0 }

// rarity is the inverse document frequency: the rarer a word, the more it says. An unknown one says most.
func (v *vocabulary) rarity(stem string) float64 {
	if v.documents == 0 {
		return 1
	}
	return math.Log((float64(v.documents) + 1) / (float64(v.counts[stem]) + 0.5))
}

// Typos forgiven by length of the word: a wrong letter in a short one makes another word.
const (
	shortestTypo = 4
	shortestTwo  = 8
)

// meant answers the stem of a word, or of the catalogue's word it was probably meant to be.
func (v *vocabulary) meant(word string) string {
	stem := words.Stem(word)
	if len(word) < shortestTypo || v.knows(stem) || len(mates(stem)) > 0 || word[0] >= '0' && word[0] <= '9' {
		return stem
	}
	allowed := 1
	if len(word) >= shortestTwo {
		allowed = 2
	}
	best, nearest := word, allowed+1
	mask := letters(word)
	for _, s := range v.byInitial[word[0]] {
		if abs(len(s.word)-len(word)) > allowed || bits.OnesCount64(mask^s.letters) > 2*allowed {
			continue
		}
		if d := distance(word, s.word, nearest-1); d < nearest {
			best, nearest = s.word, d
		}
	}
	return words.Stem(best)
}

func letters(word string) uint64 {
	var mask uint64
	for i := range len(word) {
		mask |= 1 << (word[i] % 64)
	}
	return mask
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to make a of b (optimal
// string alignment). It stops counting beyond limit.
func distance(a, b string, limit int) int {
	const longest = 32
	if len(a) > longest || len(b) > longest {
		return limit + 1
	}
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, twoAbove := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
	}
	return rows[len(a)%3][len(b)]
}

func abs(n int) int { return max(n, -n) }
