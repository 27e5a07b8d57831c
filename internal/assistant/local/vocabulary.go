package local

import (
	"math"
	"math/bits"
	"slices"
)

// vocabulary is what the catalogue's words are and how many documents have each.
type vocabulary struct {
	documents int
	counts    map[string]int
	byInitial map[byte][]entry // for typos: they rarely hit the first letter
}

type entry struct {
	stem    string
	count   int
	letters uint64 // which letters it has, to rule out most candidates at once
}

func newVocabulary() *vocabulary {
	return &vocabulary{counts: map[string]int{}, byInitial: map[byte][]entry{}}
}

func (v *vocabulary) add(title, body string) {
	v.documents++
	found := stems(title + " " + body)
	slices.Sort(found)
	for _, stem := range slices.Compact(found) {
		v.counts[stem]++
	}
}

func (v *vocabulary) finish() {
	for stem, count := range v.counts {
		if len(stem) >= shortestTypo-1 {
			v.byInitial[stem[0]] = append(v.byInitial[stem[0]], entry{stem, count, letters(stem)})
		}
	}
	for _, list := range v.byInitial {
		slices.SortFunc(list, func(a, b entry) int { // the frequent first, and always in the same order
			if a.count != b.count {
				return b.count - a.count
			}
			return len(a.stem) - len(b.stem)
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

// Typos forgiven by length of the stem: the wrong letter of a short word makes another word.
const (
	shortestTypo = 4
	shortestTwo  = 7
)

// correct answers the word of the catalogue that was probably meant, or the stem itself.
func (v *vocabulary) correct(stem string) string {
	if len(stem) < shortestTypo || v.knows(stem) || len(mates(stem)) > 0 || stem[0] >= '0' && stem[0] <= '9' {
		return stem
	}
	allowed := 1
	if len(stem) >= shortestTwo {
		allowed = 2
	}
	best, nearest := stem, allowed+1
	mask := letters(stem)
	for _, e := range v.byInitial[stem[0]] {
		if abs(len(e.stem)-len(stem)) > allowed || bits.OnesCount64(mask^e.letters) > 2*allowed {
			continue
		}
		if d := distance(stem, e.stem, nearest-1); d < nearest {
			best, nearest = e.stem, d
		}
	}
	return best
}

func letters(stem string) uint64 {
	var mask uint64
	for i := range len(stem) {
		mask |= 1 << (stem[i] % 64)
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
