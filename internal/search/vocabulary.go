package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/question/words"
)

// vocabulary is a copy of the words of the catalogue. It is read-only once created.
type vocabulary struct {
	version int64
	asked   atomic.Int64 // when the version was last compared, in nanoseconds
	doubted time.Time    // when it is read once more; zero: never

	catalogue atomic.Pointer[string] // the catalogue's version when it was last compared, or ""

	products   float64
	counts     map[string]count // by word
	stems      map[string]count // by stem: the greatest of its words
	titles     []title          // words of names, brands and categories, in their order
	byLength   [][]title        // the same by their length in runes
	brands     []name
	categories []name
	brandIDs   map[string][]int64  // by the brand's name as search reads it
	unspaced   []unspacedWord      // words of scripts without blanks
	synonyms   map[string][]string // other terms for a term
}

// count is how many products have a word, and how many in their name, brand or category.
type count struct{ products, titles int32 }

type title struct {
	word    string
	letters uint32 // a bit for each letter in it
	titles  int32
}

// unspacedWord is a word of a script without blanks, and how many products have it.
type unspacedWord struct {
	word string
	count
}

// name is a brand or a category.
type name struct {
	id         int64
	name, slug string
	words      []string
}

func newVocabulary(
	rows []db.ListSearchWordsRow, products int64, names []db.ListSearchNamesRow,
	synonyms []db.ListAllSynonymsRow,
) *vocabulary {
	v := &vocabulary{
		products: float64(products),
		counts:   make(map[string]count, len(rows)),
		stems:    make(map[string]count, len(rows)),
		brandIDs: map[string][]int64{},
		synonyms: map[string][]string{},
	}
	for _, row := range rows {
		c := count{row.Products, row.Titles}
		v.counts[row.Word] = c
		if strings.IndexFunc(row.Word, words.IsUnspaced) == 0 {
			v.unspaced = append(v.unspaced, unspacedWord{row.Word, c})
		}
		stem := words.Stem(row.Word)
		known := v.stems[stem]
		v.stems[stem] = count{max(known.products, c.products), max(known.titles, c.titles)}
		v.products = max(v.products, float64(c.products))
		if c.titles == 0 {
			continue
		}
		one := title{row.Word, letters(row.Word), c.titles}
		v.titles = append(v.titles, one)
		length := utf8.RuneCountInString(row.Word)
		for len(v.byLength) <= length {
			v.byLength = append(v.byLength, nil)
		}
		v.byLength[length] = append(v.byLength[length], one)
	}
	slices.SortFunc(v.titles, func(a, b title) int { return strings.Compare(a.word, b.word) })
	for _, row := range names {
		one := name{row.ID, row.Name, row.Slug, fold(row.Name)}
		if !row.IsBrand {
			v.categories = append(v.categories, one)
			continue
		}
		v.brands = append(v.brands, one)
		key := strings.Join(one.words, " ")
		v.brandIDs[key] = append(v.brandIDs[key], row.ID)
	}
	for _, set := range synonyms {
		v.addSynonyms(set)
	}
	return v
}

func (v *vocabulary) addSynonyms(set db.ListAllSynonymsRow) {
	for _, term := range set.Terms {
		if set.Meaning != nil {
			v.synonyms[term] = append(v.synonyms[term], *set.Meaning)
			continue
		}
		for _, other := range set.Terms {
			if other != term {
				v.synonyms[term] = append(v.synonyms[term], other)
			}
		}
	}
}

// of returns how common a word is, in any of its forms, and false if no product has it.
func (v *vocabulary) of(word string) (count, bool) {
	c, ok := v.counts[word]
	if stem, known := v.stems[words.Stem(word)]; known {
		return count{max(c.products, stem.products), max(c.titles, stem.titles)}, true
	}
	return c, ok
}

// within returns how many products have a word of a script without blanks, as a word or within
// others, and false if none has it.
func (v *vocabulary) within(word string) (c count, known bool) {
	for _, longer := range v.unspaced {
		if strings.Contains(longer.word, word) {
			c.products, c.titles = c.products+longer.products, c.titles+longer.titles
			known = true
		}
	}
	return c, known
}

// weight returns the inverse document frequency of a word (BM25): the rarer, the greater.
func (v *vocabulary) weight(c count) float64 {
	df := min(float64(c.products), v.products)
	return math.Log(1 + (v.products-df+0.5)/(df+0.5))
}

// completions returns the words that begin with a prefix, most common first.
func (v *vocabulary) completions(prefix string, most int) []title {
	at, _ := slices.BinarySearchFunc(
		v.titles, prefix, func(t title, p string) int { return strings.Compare(t.word, p) },
	)
	end := at
	for end < len(v.titles) && strings.HasPrefix(v.titles[end].word, prefix) {
		end++
	}
	found := slices.Clone(v.titles[at:end])
	slices.SortFunc(found, func(a, b title) int {
		return cmp.Or(cmp.Compare(b.titles, a.titles), strings.Compare(a.word, b.word))
	})
	return found[:min(most, len(found))]
}

// letters returns a set of bits with one for each letter of a word.
func letters(word string) (bits uint32) {
	for _, r := range word {
		bits |= 1 << (uint32(r) % 32)
	}
	return bits
}
