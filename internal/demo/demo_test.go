package demo

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Read: how many products, categories and brands the demo shop has, and of which kinds.
func TestCatalogueIsLikeAShop(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	var onSale, soldOut, hidden, low, varied, featured, under10, under20, middling, over500 int
	for _, p := range c.Products {
		stock := 0
		for _, v := range p.Variants {
			stock += v.Stock
		}
		price := inCents(t, p.Variants[0].Price)
		count(&onSale, p.Variants[0].DiscountPrice != "")
		count(&soldOut, stock == 0)
		count(&low, stock > 0 && stock <= 5)
		count(&hidden, !p.Active)
		count(&varied, len(p.Variants) > 1)
		count(&featured, p.Featured)
		count(&under10, price < 1000)
		count(&under20, price < 2000)
		count(&middling, price >= 2000 && price <= 10000)
		count(&over500, price > 50000)
	}
	n := len(c.Products)
	assert.GreaterOrEqual(t, n, 220)
	within(t, "on sale", onSale, n, .28, .40)
	within(t, "sold out", soldOut, n, .05, .12)
	within(t, "hidden", hidden, n, .03, .08)
	within(t, "nearly sold out", low, n, .03, .12)
	within(t, "with variants", varied, n, .09, .16)
	within(t, "featured", featured, n, .03, .06)
	within(t, "of $20 to $100", middling, n, .4, .8)
	assert.GreaterOrEqual(t, under10, 10)
	assert.GreaterOrEqual(t, under20, 30)
	assert.GreaterOrEqual(t, over500, 4)
}

// Read: no category and no brand of the demo shop is nearly empty.
func TestShelvesAndBrandsAreFull(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	leaves, roots, known := map[string]int{}, 0, map[string]bool{"": true}
	for _, category := range c.Categories {
		assert.True(t, known[category.ParentSlug], "%s: parents come first", category.Slug)
		known[category.Slug] = true
		assert.NotEmpty(t, category.Name)
		assert.NotEmpty(t, category.Description, category.Slug)
		if category.ParentSlug == "" {
			roots++
		} else {
			leaves[category.Slug] = 0
		}
	}
	brands := map[string]int{}
	for _, p := range c.Products {
		assert.Contains(t, leaves, p.Category, p.Name)
		leaves[p.Category]++
		brands[p.Brand]++
	}
	assert.GreaterOrEqual(t, roots, 6)
	assert.GreaterOrEqual(t, len(leaves), 14)
	for leaf, products := range leaves {
		assert.GreaterOrEqual(t, products, 6, leaf)
	}
	assert.GreaterOrEqual(t, len(c.Brands), 24)
	for _, brand := range c.Brands {
		assert.NotZero(t, brands[brand.Slug], "%s has no product", brand.Name)
		assert.Regexp(t, `^[A-Z].*\.$`, brand.Description)
	}
}

var (
	slugs     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	sentences = regexp.MustCompile(`[.!?]( |$)`)
)

// Read: every product has its texts, price and attributes.
func TestProductsAreComplete(t *testing.T) {
	t.Parallel()
	names, ids, texts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range loaded(t).Products {
		assert.False(
			t, names[p.Name] || ids[p.Slug] || texts[p.Description], "%s is there twice", p.Name,
		)
		names[p.Name], ids[p.Slug], texts[p.Description] = true, true, true
		assert.Regexp(t, slugs, p.Slug)
		assert.GreaterOrEqual(t, len(p.Description), 80, p.Name)
		count := len(sentences.FindAllString(p.Description, -1))
		assert.True(t, count >= 2 && count <= 4, "%s is described in %d sentences", p.Name, count)
		assert.NotEmpty(t, p.Attributes, p.Name)
		assert.True(t, p.CreatedDaysAgo >= 0 && p.CreatedDaysAgo < 360, p.Name)
	}
}

// Read: variants have a sku, a price and options of their own.
func TestVariantsCanBeSold(t *testing.T) {
	t.Parallel()
	skus, gtins, priced := map[string]bool{}, map[string]bool{}, 0
	for _, p := range loaded(t).Products {
		require.NotEmpty(t, p.Variants, p.Name)
		for _, v := range p.Variants {
			assert.False(t, skus[v.SKU] || gtins[v.GTIN], "%s or its GTIN is there twice", v.SKU)
			skus[v.SKU], gtins[v.GTIN] = true, true
			assert.Equal(t, len(p.Variants) > 1, len(v.Options) > 0, v.SKU)
			assert.True(t, strings.HasPrefix(v.GTIN, "04") && validGTIN(v.GTIN), v.GTIN)
			if v.DiscountPrice != "" {
				assert.Less(t, inCents(t, v.DiscountPrice), inCents(t, v.Price), v.SKU)
			}
			count(&priced, v.Price != p.Variants[0].Price)
		}
	}
	assert.NotZero(t, priced, "some sizes cost more than others")
}

// validGTIN reports whether the check digit is right: the digits from the right, times 1 and 3 in
// turn, add up to a multiple of ten.
func validGTIN(gtin string) bool {
	sum := 0
	for i := range gtin {
		sum += int(gtin[len(gtin)-1-i]-'0') * (1 + i%2*2)
	}
	return len(gtin) == 13 && sum%10 == 0
}

// gtin13, validGTIN: check digits.
func TestCheckDigits(t *testing.T) {
	t.Parallel()
	assert.True(t, validGTIN("4006381333931"), "a well-known example")
	assert.False(t, validGTIN("4006381333932"))
	assert.Equal(t, "0400000000015", gtin13(1)) // 4·3 + 1·3 = 15, and 5 more make 20
}

func loaded(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	require.NoError(t, err)
	return c
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

func within(t *testing.T, what string, n, all int, least, most float64) {
	t.Helper()
	share := float64(n) / float64(all)
	assert.True(t, share >= least && share <= most, "%s: %d, a share of %.3f", what, n, share)
}

func inCents(t *testing.T, price string) int {
	t.Helper()
	n, err := cents(price)
	require.NoError(t, err)
	return n
}
