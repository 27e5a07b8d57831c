package search

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/question/words"
)

// How old the copy of the vocabulary may be before the database is asked whether it changed, and
// how long after a change it is read once more: a transaction may have counted itself before others
// could see it.
const (
	vocabularyAge   = 2 * time.Second
	vocabularyDoubt = 10 * time.Second
)

// vocabularyCache keeps the words of the catalogue in memory, so that a query is corrected before
// it is embedded and is then one statement. Words too new for the copy are looked for all the same,
// as they were typed.
type vocabularyCache struct {
	current atomic.Pointer[vocabulary]
	stale   atomic.Bool
	reading sync.Mutex
}

// vocabulary is what the catalogue's words are. It is read-only once made.
type vocabulary struct {
	version int64
	asked   atomic.Int64 // when the version was last compared, in nanoseconds
	doubted time.Time    // when it is to be read once more; zero: never

	products   float64
	counts     map[string]count // by word
	stems      map[string]count // by stem: the greatest of its words
	titles     []title          // words of names, brands and categories, in their order
	byLength   [][]title        // the same by their length in runes
	brands     []name
	categories []name
	brandIDs   map[string][]int64  // by the brand's name as search reads it
	synonyms   map[string][]string // what a term means besides itself
}

// count is how many products have a word, and how many in their name, brand or category.
type count struct{ products, titles int32 }

type title struct {
	word    string
	letters uint32 // a bit for each letter in it
	titles  int32
}

// name is a brand or a category.
type name struct {
	id         int64
	name, slug string
	words      []string
}

// Forget makes the next search ask whether the vocabulary changed.
func (s *Search) Forget() { s.vocabulary.stale.Store(true) }

// words answers the vocabulary: at once when there is a copy, which is then brought up to date in
// the background.
func (s *Search) words(ctx context.Context) (*vocabulary, error) {
	cache := &s.vocabulary
	have := cache.current.Load()
	if have == nil || cache.stale.Load() {
		cache.reading.Lock()
		defer cache.reading.Unlock()
		return s.readWords(ctx)
	}
	if time.Since(time.Unix(0, have.asked.Load())) > vocabularyAge && cache.reading.TryLock() {
		s.running.Go(func() {
			defer cache.reading.Unlock()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if _, err := s.readWords(ctx); err != nil {
				s.settings.Log.WarnContext(ctx, "search vocabulary not read", "error", err.Error())
			}
		})
	}
	return have, nil
}

// readWords reads the vocabulary if it changed. Only one may at a time.
func (s *Search) readWords(ctx context.Context) (*vocabulary, error) {
	cache := &s.vocabulary
	stale := cache.stale.Swap(false)
	fail := func(err error) (*vocabulary, error) {
		cache.stale.Store(stale)
		return nil, err
	}
	version, err := s.queries.GetSearchVersion(ctx)
	if err != nil {
		return fail(err)
	}
	have, now := cache.current.Load(), time.Now()
	doubted := now.Add(vocabularyDoubt)
	if have != nil && have.version == version {
		if have.doubted.IsZero() || now.Before(have.doubted) && !stale {
			have.asked.Store(now.UnixNano())
			return have, nil
		}
		if now.After(have.doubted) {
			doubted = time.Time{}
		}
	}
	next, err := s.loadWords(ctx)
	if err != nil {
		return fail(err)
	}
	next.version, next.doubted = version, doubted
	next.asked.Store(now.UnixNano())
	cache.current.Store(next)
	return next, nil
}

func (s *Search) loadWords(ctx context.Context) (*vocabulary, error) {
	rows, err := s.queries.ListSearchWords(ctx)
	if err != nil {
		return nil, err
	}
	products, err := s.queries.CountSearchedProducts(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.queries.ListSearchNames(ctx)
	if err != nil {
		return nil, err
	}
	synonyms, err := s.queries.ListAllSynonyms(ctx)
	if err != nil {
		return nil, err
	}
	return newVocabulary(rows, products, names, synonyms), nil
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

// of answers how common a word is, in any of its forms; false when no product has it.
func (v *vocabulary) of(word string) (count, bool) {
	c, ok := v.counts[word]
	if stem, known := v.stems[words.Stem(word)]; known {
		return count{max(c.products, stem.products), max(c.titles, stem.titles)}, true
	}
	return c, ok
}

// weight is how telling a word is: the inverse document frequency of BM25.
func (v *vocabulary) weight(c count) float64 {
	df := min(float64(c.products), v.products)
	return math.Log(1 + (v.products-df+0.5)/(df+0.5))
}

// completions answers the words that begin with a prefix, most common first.
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

// letters is a bit for each letter of a word.
func letters(word string) (bits uint32) {
	for _, r := range word {
		bits |= 1 << (uint32(r) % 32)
	}
	return bits
}
