package demo

import (
	"hash/fnv"
	"image"
	"image/jpeg"
	"io"
)

// Draw makes a product's picture: a square of edge pixels with the sign of what it is, in the
// product's colour if it has one, and its name. The same product always looks the same.
func Draw(p Product, category Category, edge int) image.Image {
	seed := seedOf(p.Slug)
	c := newCanvas(edge)
	c.backdrop(backdropOf(category, seed))
	c.fill(shadow, ellipse(50, 78, 27, 2.6))

	// A turn, a size and a side of its own set a product apart from its neighbours.
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

// iconOf is the product's own sign or that of its category. Load has made sure that there is one.
func iconOf(p Product) []shape {
	signs, err := icons()
	if err != nil {
		return nil
	}
	return signs[iconName(p)]
}

func iconName(p Product) string {
	if p.Icon != "" {
		return p.Icon
	}
	return p.Category
}

// seedOf makes a number of a slug that looks like chance and stays the same.
func seedOf(slug string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(slug)) // never fails
	return hash.Sum32()
}

// unit is a number from 0 to 1 of the lowest eight bits.
func unit(bits uint32) float64 { return float64(bits&0xff) / 0xff }
