package search_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/shopd/shopd/internal/platform/money"
)

// item is a product as judgements see it.
type item struct {
	key                    string // the name in the demo catalogue, the sku in a feed
	title, brand, category string // category is its whole path
	minor                  int64
}

// query is what a shopper types, with the products that fit. Half of a set is sealed: its failures
// are not looked at when the search is changed, so that it shows whether a change helps queries it
// was not made for.
type query struct {
	Q        string           `yaml:"q"`
	Kind     string           `yaml:"kind"`
	Sealed   bool             `yaml:"sealed"`
	Products map[int][]string `yaml:"products"` // keys by grade
	Rules    []rule           `yaml:"rules"`

	wanted grades
}

// rule grades all products that meet each of its conditions, for queries with more fitting
// products than a list can name. Texts are compared by whole words, without case and signs: "iphone
// 6" is in "Apple® iPhone® 6 and 6s", not in "iPhone 6s".
type rule struct {
	TitleContainsAll  []string `yaml:"title_contains_all"`
	TitleContainsAny  []string `yaml:"title_contains_any"`
	TitleContainsNone []string `yaml:"title_contains_none"`
	Brand             string   `yaml:"brand"`
	CategoryContains  string   `yaml:"category_contains"`
	MaxPrice          string   `yaml:"max_price"`
	Grade             int      `yaml:"grade"`
}

func (r rule) matches(t *testing.T, i item) bool {
	t.Helper()
	inTitle := func(words string) bool { return strings.Contains(plain(i.title), plain(words)) }
	for _, words := range r.TitleContainsAll {
		if !inTitle(words) {
			return false
		}
	}
	if len(r.TitleContainsAny) > 0 && !slices.ContainsFunc(r.TitleContainsAny, inTitle) ||
		slices.ContainsFunc(r.TitleContainsNone, inTitle) {
		return false
	}
	if r.MaxPrice != "" {
		most, err := money.Currency("USD").Parse(r.MaxPrice)
		require.NoError(t, err)
		if i.minor > most {
			return false
		}
	}
	return (r.Brand == "" || plain(r.Brand) == plain(i.brand)) &&
		(r.CategoryContains == "" || strings.Contains(plain(i.category), plain(r.CategoryContains)))
}

// plain is a text's words in lower case with a space around each.
func plain(text string) string {
	words := strings.FieldsFunc(
		strings.ToLower(text),
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	)
	return " " + strings.Join(words, " ") + " "
}

// judged reads a set of queries and computes which of the items fit each. It refuses mistakes that
// would make a judgement worthless: unknown products, rules that match nothing, doubled queries.
func judged(t *testing.T, file string, items []item) []query {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	decoder.KnownFields(true)
	var queries []query
	require.NoError(t, decoder.Decode(&queries), file)
	known := make(map[string]bool, len(items))
	for _, i := range items {
		known[i.key] = true
	}
	asked, sealed := map[string]bool{}, 0
	for n := range queries {
		q := &queries[n]
		require.False(t, asked[q.Q], "%q stands twice", q.Q)
		require.NotEmpty(t, q.Kind, q.Q)
		asked[q.Q] = true
		if q.Sealed {
			sealed++
		}
		q.judge(t, items, known)
	}
	assert.InDelta(t, len(queries)/2, sealed, 1, "half of %s is sealed", file)
	return queries
}

func (q *query) judge(t *testing.T, items []item, known map[string]bool) {
	t.Helper()
	q.wanted = grades{}
	grade := func(key string, value int) {
		require.Contains(t, []int{1, 2}, value, q.Q)
		q.wanted[key] = max(q.wanted[key], value)
	}
	for value, keys := range q.Products {
		for _, key := range keys {
			require.True(t, known[key], "%q: no product %q to be found", q.Q, key)
			grade(key, value)
		}
	}
	for n, r := range q.Rules {
		matched := false
		for _, i := range items {
			if r.matches(t, i) {
				grade(i.key, r.Grade)
				matched = true
			}
		}
		require.True(t, matched, "%q: rule %d matches nothing", q.Q, n+1)
	}
	require.NotEmpty(t, q.wanted, q.Q)
}
