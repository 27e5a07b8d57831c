package imaging

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/draw"
)

// render returns the renditions, smallest first. Each is scaled from the next larger one, which
// looks the same as scaling from the original and is much faster.
func render(ctx context.Context, original image.Image, orientation int) ([]Rendition, error) {
	opaque := isOpaque(original)
	bounds := original.Bounds()
	var renditions []Rendition
	for _, edge := range edgesOf(max(bounds.Dx(), bounds.Dy())) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scaled := scale(original, edge)
		if len(renditions) == 0 {
			scaled = turn(scaled, orientation)
		}
		rendition, err := encode(scaled, opaque)
		if err != nil {
			return nil, err
		}
		renditions, original = append(renditions, rendition), scaled
	}
	slices.Reverse(renditions)
	return renditions, nil
}

// edgesOf returns the edges of the renditions of an original, largest first.
func edgesOf(longest int) []int {
	var all []int
	for _, edge := range edges {
		all = append(all, min(edge, longest))
	}
	return slices.Compact(all)
}

func isOpaque(m image.Image) bool {
	known, ok := m.(interface{ Opaque() bool })
	return ok && known.Opaque()
}

// strip is how many rows or columns are scaled at once. The scaler's memory grows with it and with
// the height of the original, but not with its width.
const strip = 64

// scale returns an image whose longest edge is edge, at least one pixel wide and high. It scales
// the width, then the height, each in strips that do not depend on one another.
func scale(m image.Image, edge int) *image.RGBA {
	from := m.Bounds()
	width, height := edge, edge
	if from.Dx() > from.Dy() {
		height = max(1, (from.Dy()*edge+from.Dx()/2)/from.Dx())
	} else {
		width = max(1, (from.Dx()*edge+from.Dy()/2)/from.Dy())
	}
	if width == from.Dx() && height == from.Dy() {
		same := image.NewRGBA(image.Rect(0, 0, width, height))
		draw.Draw(same, same.Bounds(), m, from.Min, draw.Src)
		return same
	}
	narrow := image.NewRGBA(image.Rect(0, 0, width, from.Dy()))
	// The scaler uses its memory again for each strip. The last strip may be smaller.
	across := draw.CatmullRom.NewScaler(width, strip, from.Dx(), strip)
	for y := 0; y < from.Dy(); y += strip {
		to := image.Rect(0, y, width, min(y+strip, from.Dy()))
		part := image.Rect(from.Min.X, from.Min.Y+to.Min.Y, from.Max.X, from.Min.Y+to.Max.Y)
		across.Scale(narrow, to, m, part, draw.Src, nil)
	}
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	down := draw.CatmullRom.NewScaler(strip, height, strip, from.Dy())
	for x := 0; x < width; x += strip {
		to := image.Rect(x, 0, min(x+strip, width), height)
		part := image.Rect(to.Min.X, 0, to.Max.X, from.Dy())
		down.Scale(small, to, narrow, part, draw.Src, nil)
	}
	return small
}

// turn returns an image upright that was taken with an EXIF orientation.
func turn(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == upright {
		return m
	}
	width, height := m.Rect.Dx(), m.Rect.Dy()
	turned := image.NewRGBA(image.Rect(0, 0, width, height))
	if orientation >= 5 { // on its side
		turned = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range height {
		for x := range width {
			right, bottom := width-1-x, height-1-y
			to := [...]image.Point{
				2: {right, y}, 3: {right, bottom}, 4: {x, bottom}, // mirrored, upside down, both
				// The same for pictures that lie on their side.
				5: {y, x}, 6: {bottom, x}, 7: {bottom, right}, 8: {y, right},
			}[orientation]
			copy(turned.Pix[turned.PixOffset(to.X, to.Y):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return turned
}

func encode(m *image.RGBA, opaque bool) (Rendition, error) {
	var content bytes.Buffer
	extension, err := ".jpg", error(nil)
	if opaque {
		err = jpeg.Encode(&content, m, &jpeg.Options{Quality: jpegQuality})
	} else {
		extension, err = ".png", png.Encode(&content, m)
	}
	if err != nil {
		return Rendition{}, fmt.Errorf("encode the image: %w", err)
	}
	return Rendition{
		Content:   content.Bytes(),
		Extension: extension,
		Width:     m.Rect.Dx(),
		Height:    m.Rect.Dy(),
	}, nil
}
