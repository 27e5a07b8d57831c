package demo

import (
	"bytes"
	"image"
	"image/color"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCatalogueIsLikeAShop(t *testing.T) {
	t.Parallel()
	c, err := Load()
	require.NoError(t, err)
	leaves := map[string]int{}
	parents := map[string]bool{"": true}
	for _, category := range c.Categories {
		assert.True(t, parents[category.ParentSlug], "%s: parents come first", category.Slug)
		parents[category.Slug] = true
		assert.NotEmpty(t, category.Description)
		if category.ParentSlug != "" {
			leaves[category.Slug] = 0
		}
	}
	names, slugs, skus, gtins, texts, brands := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	var onSale, soldOut, hidden, low, varied, featured, under10, over500 int
	for _, p := range c.Products {
		leaves[p.Category]++
		brands[p.Brand] = true
		assert.False(t, names[p.Name] || slugs[p.Slug] || texts[p.Description], p.Name)
		names[p.Name], slugs[p.Slug], texts[p.Description] = true, true, true
		assert.GreaterOrEqual(t, len(p.Description), 70, p.Name)
		assert.NotEmpty(t, p.Attributes, p.Name)
		stock := 0
		for _, v := range p.Variants {
			assert.False(t, skus[v.SKU] || gtins[v.GTIN], v.SKU)
			skus[v.SKU], gtins[v.GTIN] = true, true
			assert.Len(t, v.GTIN, 13)
			price := cents(t, v.Price)
			if v.DiscountPrice != "" {
				assert.Less(t, cents(t, v.DiscountPrice), price, p.Name)
			}
			stock += v.Stock
		}
		price := cents(t, p.Variants[0].Price)
		count(&onSale, p.Variants[0].DiscountPrice != "")
		count(&soldOut, stock == 0)
		count(&low, stock > 0 && stock <= 5)
		count(&hidden, !p.Active)
		count(&varied, len(p.Variants) > 1)
		count(&featured, p.Featured)
		count(&under10, price < 1000)
		count(&over500, price > 50000)
	}
	n := len(c.Products)
	assert.GreaterOrEqual(t, n, 220)
	assert.GreaterOrEqual(t, len(leaves), 14)
	for leaf, products := range leaves {
		assert.GreaterOrEqual(t, products, 6, leaf)
	}
	assert.GreaterOrEqual(t, len(brands), 24)
	assert.Equal(t, len(c.Brands), len(brands), "every brand has a product")
	within(t, "on sale", onSale, n, .28, .40)
	within(t, "sold out", soldOut, n, .05, .12)
	within(t, "hidden", hidden, n, .03, .08)
	within(t, "nearly sold out", low, n, .03, .12)
	within(t, "with variants", varied, n, .09, .2)
	assert.GreaterOrEqual(t, featured, 8)
	assert.GreaterOrEqual(t, under10, 10)
	assert.GreaterOrEqual(t, over500, 2)
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

func within(t *testing.T, what string, n, all int, least, most float64) {
	t.Helper()
	share := float64(n) / float64(all)
	assert.True(t, share >= least && share <= most, "%s: %.3f", what, share)
}

func cents(t *testing.T, price string) int {
	t.Helper()
	whole, fraction, found := strings.Cut(price, ".")
	require.True(t, found && len(fraction) == 2, price)
	n, err := strconv.Atoi(whole + fraction)
	require.NoError(t, err)
	require.Positive(t, n)
	return n
}

func TestGTINsHaveTheirCheckDigit(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "0400000000015", gtin13(1)) // 4·3 + 1·3 = 15, and 5 more make 20
}

func TestDrawingsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	c, err := Load()
	require.NoError(t, err)
	categories := map[string]Category{}
	for _, category := range c.Categories {
		categories[category.Slug] = category
		if category.ParentSlug != "" {
			assert.NotEmpty(t, icons[category.Slug], "%s has no drawing", category.Slug)
		}
	}
	seen := map[string]string{}
	for _, p := range c.Products {
		img := Draw(p, categories[p.Category], 96)
		assert.Equal(t, image.Rect(0, 0, 96, 96), img.Bounds())
		var first, second bytes.Buffer
		require.NoError(t, Encode(&first, img))
		require.NoError(t, Encode(&second, Draw(p, categories[p.Category], 96)))
		assert.Equal(t, first.Bytes(), second.Bytes(), p.Name)
		assert.Empty(t, seen[first.String()], "%s looks like %s", p.Name, seen[first.String()])
		seen[first.String()] = p.Name
		colors := map[color.Color]bool{}
		for y := range 96 {
			for x := range 96 {
				colors[img.At(x, y)] = true
			}
		}
		assert.Greater(t, len(colors), 20, p.Name)
	}
}

func BenchmarkDraw(b *testing.B) {
	c, err := Load()
	require.NoError(b, err)
	for i := range b.N {
		p := c.Products[i%len(c.Products)]
		for _, edge := range []int{320, 800} {
			require.NoError(b, Encode(&bytes.Buffer{}, Draw(p, Category{Slug: p.Category}, edge)))
		}
	}
}
