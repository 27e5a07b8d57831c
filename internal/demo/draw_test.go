package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Draw: a product's picture is its own, and the same each time.
func TestPicturesAreTheirOwnAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	c, categories := loaded(t), byCategory(t)
	seen := map[string]string{}
	for _, p := range c.Products {
		p.Name = "" // pictures must differ without names
		img := Draw(p, categories[p.Category], 96)
		require.Equal(t, image.Rect(0, 0, 96, 96), img.Bounds())
		assert.Equal(t, img, Draw(p, categories[p.Category], 96), p.Slug)
		pixels := string(img.(*image.RGBA).Pix)
		assert.Empty(t, seen[pixels], "%s looks like %s", p.Slug, seen[pixels])
		seen[pixels] = p.Slug
		assert.Greater(t, coloursIn(img), 100, "%s is blank", p.Slug)
	}
}

// Draw, Encode: the size of a picture.
func TestPicturesAreOfTheSizeAskedFor(t *testing.T) {
	t.Parallel()
	p := loaded(t).Products[0]
	for _, edge := range []int{1, 2, 7, 96, 320, 801} {
		var file bytes.Buffer
		require.NoError(t, Encode(&file, Draw(p, byCategory(t)[p.Category], edge)))
		config, err := jpeg.DecodeConfig(&file)
		require.NoError(t, err)
		assert.Equal(t, []int{edge, edge}, []int{config.Width, config.Height})
	}
}

// mainColour: a colour that the product names, or that of its material.
func TestColours(t *testing.T) {
	t.Parallel()
	of := func(colour, material string) color.RGBA {
		return mainColour(
			Product{Attributes: map[string]string{"colour": colour, "material": material}}, 0,
		)
	}
	assert.Equal(
		t, namedColours["green"], of("dinosaur green", "steel"), "a colour before a material",
	)
	assert.Equal(t, namedColours["oak"], of("", "oak and linen"))
	assert.Equal(t, palette[0], of("", "microfibre"))
}

// icons: every category has a sign, and every sign is used.
func TestEveryIconIsUsed(t *testing.T) {
	t.Parallel()
	set, err := icons()
	require.NoError(t, err)
	used := map[string]bool{}
	for _, category := range loaded(t).Categories {
		used[category.Slug] = category.ParentSlug != ""
		if used[category.Slug] {
			assert.NotEmpty(t, set[category.Slug], "%s has no icon", category.Slug)
		}
	}
	for _, p := range loaded(t).Products {
		used[p.Icon] = true
	}
	for name := range set {
		assert.True(t, used[name], name)
	}
}

// parseShape: what is refused.
func TestShapesAreChecked(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"a", "q C 1 2 3", "a Z 1 2 3", "a C 1 2", "a R 1 2 3 x", "aa C 1 2 3",
	} {
		_, err := parseShape(line)
		assert.Error(t, err, line)
	}
}

// wrap: a name in two lines at most.
func TestNamesAreWrapped(t *testing.T) {
	t.Parallel()
	ten := func(text string) bool { return len([]rune(text)) <= 10 }
	assert.Equal(t, []string{"Short"}, wrap("Short", ten))
	assert.Equal(t, []string{"On two", "lines"}, wrap("On two lines", ten))
	assert.Equal(t, []string{"Far too", "long for…"}, wrap("Far too long for two lines", ten))
	assert.Equal(t, []string{"Unbreakable"}, wrap("Unbreakable", ten))
}

func BenchmarkDraw(b *testing.B) {
	c, categories := loaded(b), byCategory(b)
	for i := 0; b.Loop(); i++ {
		p := c.Products[i%len(c.Products)]
		for _, edge := range []int{320, 800} {
			require.NoError(b, Encode(&bytes.Buffer{}, Draw(p, categories[p.Category], edge)))
		}
	}
}

func byCategory(t testing.TB) map[string]Category {
	categories := map[string]Category{}
	for _, category := range loaded(t).Categories {
		categories[category.Slug] = category
	}
	return categories
}

func coloursIn(img image.Image) int {
	colours := map[color.Color]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			colours[img.At(x, y)] = true
		}
	}
	return len(colours)
}
