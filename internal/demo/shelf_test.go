package demo

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	smallBrands = `- {name: Acme, slug: acme, description: "Lamps."}`
	smallShelf  = `
category: {name: Home, slug: home, description: Home.}
children:
  - category: {name: Lighting, slug: lighting, description: Lamps.}
    products:
      - {name: Lamp, brand: acme, price: 20.00, stock: 7, facts: {colour: red}, about: A lamp.,
         choices: {size: [S, M, L]}}
      - {name: Lantern, brand: acme, price: 9.00, stock: 1, facts: {colour: blue},
         about: A lantern.}
`
)

// small returns a shop of two lamps, with one text in its file replaced by another.
func small(old, text string) (*Catalogue, error) {
	return parse(fstest.MapFS{
		brandsFile:            {Data: []byte(smallBrands)},
		"catalogue/home.yaml": {Data: []byte(strings.Replace(smallShelf, old, text, 1))},
	})
}

// parse: mistakes in a file are named.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	for _, mistake := range []struct{ name, old, text, says string }{
		{"unknown field", "stock: 7", "stok: 7", "field stok not found"},
		{"unknown brand", "brand: acme", "brand: acne", "no brand acne"},
		{"unknown icon", "stock: 7", "stock: 7, icon: yeti", `no icon "yeti"`},
		{"same name", "name: Lantern", "name: Lamp", "name Lamp is there twice"},
		{"same slug", "name: Lantern", "name: lamp", "slug lamp is there twice"},
		{"same description", "about: A lantern.", "about: A lamp.", "is there twice"},
		{"same category", "slug: lighting", "slug: home", "category home is there twice"},
		{"price with a comma", "price: 20.00", "price: '20,00'", "no price"},
		{"price without cents", "price: 20.00", "price: 20", "no price"},
		{"price of nothing", "price: 20.00", "price: 0.00", "no price"},
		{"discount that is none", "price: 20.00", "price: 20.00, sale: 20.00", "is none"},
		{"negative stock", "stock: 1,", "stock: -1,", "a stock of -1"},
		{"one choice only", "[S, M, L]", "[S]", "two to ten values"},
		{
			"exception to nothing",
			"stock: 7", "stock: 7, except: {XL: {sold_out: true}}", `"XL" is no choice`,
		},
		{"no facts", "facts: {colour: red}, ", "", "facts and about"},
	} {
		t.Run(mistake.name, func(t *testing.T) {
			t.Parallel()
			_, err := small(mistake.old, mistake.text)
			assert.ErrorContains(t, err, mistake.says)
		})
	}
}

// parse: the stock of a product is divided among its variants.
func TestVariantsShareTheStock(t *testing.T) {
	t.Parallel()
	c, err := small("", "")
	require.NoError(t, err)
	assert.Equal(t, []int{3, 2, 2}, stocks(c.Products[0]))
	assert.Equal(t, []int{1}, stocks(c.Products[1]))
	assert.Equal(t, "ACM-001-S", c.Products[0].Variants[0].SKU)
	assert.Equal(t, "ACM-002", c.Products[1].Variants[0].SKU)
}

// parse: variants may have prices and stock of their own.
func TestVariantsMayDiffer(t *testing.T) {
	t.Parallel()
	c, err := small(
		"stock: 7", "stock: 7, except: {M: {sold_out: true}, L: {price: 30.00, sale: 25.00}}",
	)
	require.NoError(t, err)
	lamp := c.Products[0]
	assert.Equal(t, []int{4, 0, 3}, stocks(lamp))
	assert.Equal(t, "20.00", lamp.Variants[1].Price)
	assert.Equal(t, "30.00", lamp.Variants[2].Price)
	assert.Equal(t, "25.00", lamp.Variants[2].DiscountPrice)
}

func stocks(p Product) []int {
	var out []int
	for _, v := range p.Variants {
		out = append(out, v.Stock)
	}
	return out
}
