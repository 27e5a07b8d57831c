package demo

import (
	"hash/fnv"
	"image"
	"image/jpeg"
	"io"
)

// Draw returns the picture of a product: a square of edge pixels with an icon and the name. The
// icon has the colour of the product if it has one. The picture of a product is always the same.
func Draw(p Product, category Category, edge int) image.Image {
	seed := seedOf(p.Slug)
	c := newCanvas(edge)
	c.backdrop(backdropOf(category, seed))
	c.fill(shadow, ellipse(50, 78, 27, 2.6))

	// Products of one category differ by the angle, size and side of the icon.
	c.turn = (unit(seed>>8) - 0.5) * 0.1
	c.scale = 0.94 + unit(seed>>16)*0.1
	c.mirrored = seed>>24&1 == 1
	tones := tonesOf(p, seed)
	for _, s := range iconOf(p) {
		c.fill(tones[s.tone], s.outlines...)
	}
	c.title(p.Name)
	return c.Image
}

// Encode writes a picture as JPEG.
func Encode(w io.Writer, img image.Image) error {
	return jpeg.Encode(w, img, &jpeg.Options{Quality: 82})
}

// iconOf returns the icon of the product or of its category. Load checks that there is one.
func iconOf(p Product) []shape {
	set, err := icons()
	if err != nil {
		return nil
	}
	return set[iconName(p)]
}

func iconName(p Product) string {
	if p.Icon != "" {
		return p.Icon
	}
	return p.Category
}

// seedOf returns a pseudo-random number that depends only on the slug.
func seedOf(slug string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(slug)) // never fails
	return hash.Sum32()
}

// unit returns a number from 0 to 1 made of the lowest eight bits.
func unit(bits uint32) float64 { return float64(bits&0xff) / 0xff }
