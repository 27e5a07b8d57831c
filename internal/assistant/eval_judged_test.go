package assistant_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// judgedQuestion is one of testdata/questions.yaml; see there.
type judgedQuestion struct {
	Shop     string              `yaml:"shop"`
	Kind     string              `yaml:"kind"`
	Q        string              `yaml:"q"`
	First    string              `yaml:"first"`
	Within   bool                `yaml:"within"`
	Min      string              `yaml:"min"`
	Max      string              `yaml:"max"`
	OnSale   bool                `yaml:"on_sale"`
	Any      []string            `yaml:"any"`
	Says     []string            `yaml:"says"`
	Products map[string][]string `yaml:"products"`
	Rules    []judgedRule        `yaml:"rules"`
}

// judgedRule grades all products that meet each of its conditions; texts are compared by whole
// words.
type judgedRule struct {
	TitleContainsAll  []string `yaml:"title_contains_all"`
	TitleContainsAny  []string `yaml:"title_contains_any"`
	TitleContainsNone []string `yaml:"title_contains_none"`
	Brand             string   `yaml:"brand"`
	CategoryContains  string   `yaml:"category_contains"`
	MaxPrice          string   `yaml:"max_price"`
	Grade             int      `yaml:"grade"`
}

// judgedProduct is a product as judgements see it.
type judgedProduct struct {
	id                         int64
	key, name, brand, category string
	minor                      int64
	sellable                   bool
}

func (r judgedRule) matches(p judgedProduct) bool {
	has := func(text string) bool { return strings.Contains(wordsOf(p.name), wordsOf(text)) }
	for _, text := range r.TitleContainsAll {
		if !has(text) {
			return false
		}
	}
	if len(r.TitleContainsAny) > 0 && !slices.ContainsFunc(r.TitleContainsAny, has) ||
		slices.ContainsFunc(r.TitleContainsNone, has) {
		return false
	}
	if most, err := strconv.ParseFloat(r.MaxPrice, 64); err == nil && float64(p.minor) > most*100 {
		return false
	}
	return (r.Brand == "" || wordsOf(r.Brand) == wordsOf(p.brand)) &&
		(r.CategoryContains == "" ||
			strings.Contains(wordsOf(p.category), wordsOf(r.CategoryContains)))
}

func wordsOf(text string) string {
	words := strings.FieldsFunc(
		strings.ToLower(text),
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	)
	return " " + strings.Join(words, " ") + " "
}

func judgedProducts(t *testing.T, shop *apitest.Shop) (all []judgedProduct) {
	t.Helper()
	rows, err := shop.Pool.Query(t.Context(), `WITH RECURSIVE tree AS (
			SELECT id, name AS path FROM categories WHERE parent_id IS NULL
			UNION ALL SELECT c.id, tree.path || ' > ' || c.name FROM categories c
			JOIN tree ON tree.id = c.parent_id)
		SELECT l.product_id, l.sku, p.name, coalesce(b.name, ''), coalesce(tree.path, ''),
		l.buyer_minor, l.is_visible AND l.in_stock
		  FROM product_listings l JOIN products p ON p.id = l.product_id
		  LEFT JOIN brands b ON b.id = l.brand_id LEFT JOIN tree ON tree.id = l.category_id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var p judgedProduct
		require.NoError(
			t, rows.Scan(&p.id, &p.key, &p.name, &p.brand, &p.category, &p.minor, &p.sellable),
		)
		all = append(all, p)
	}
	require.NoError(t, rows.Err())
	return all
}

// grades of the products that may be sources, by id. Products are named in the demo shop and known
// by sku in a feed.
func (q judgedQuestion) grades(t *testing.T, all []judgedProduct) map[int64]int {
	t.Helper()
	grades := map[int64]int{}
	named := map[string]int{}
	for _, name := range q.Any {
		named[name] = 2
	}
	for grade, names := range q.Products {
		value, err := strconv.Atoi(grade)
		require.NoError(t, err)
		for _, name := range names {
			named[name] = value
		}
	}
	for _, p := range all {
		grade := max(named[p.name], named[p.key])
		for _, rule := range q.Rules {
			if rule.matches(p) {
				grade = max(grade, rule.Grade)
			}
		}
		if grade > 0 && p.sellable && q.breaks(p.minor, true) == "" {
			grades[p.id] = grade
		}
	}
	return grades
}

// breaks says which condition of the question a price breaks.
func (q judgedQuestion) breaks(minor int64, onSale bool) string {
	amount := func(text string) int64 {
		f, _ := strconv.ParseFloat(text, 64)
		return int64(math.Round(f * 100))
	}
	switch {
	case q.Min != "" && minor < amount(q.Min):
		return "below " + q.Min
	case q.Max != "" && minor > amount(q.Max):
		return "above " + q.Max
	case q.OnSale && !onSale:
		return "not on sale"
	}
	return ""
}
