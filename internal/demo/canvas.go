package demo

import (
	"image"
	"image/color"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// middle is the y of the icon's middle on the grid. The name is written below the icon.
const middle = 44

// point is a place on the grid of 100 by 100 on which everything is drawn, for pictures of any
// size.
type point struct{ x, y float64 }

type canvas struct {
	Image       *image.RGBA
	edge        float64
	turn, scale float64 // around the middle of the icon; turn is in radians
	mirrored    bool
}

func newCanvas(edge int) *canvas {
	return &canvas{
		Image: image.NewRGBA(image.Rect(0, 0, edge, edge)),
		edge:  float64(edge),
		scale: 1,
	}
}

// rasterizers are used again. A new one for each picture would take a tenth of the time to draw it.
var rasterizers = sync.Pool{New: func() any { return new(vector.Rasterizer) }}

// backdrop fills the picture with a gradient from top to bottom, and a lighter disc behind the
// icon. A row has one colour outside the disc and one inside, so these are copied; only the edge of
// the disc is calculated pixel by pixel.
func (c *canvas) backdrop(top, bottom color.RGBA) {
	edge := c.Image.Bounds().Dx()
	radius, across, down := c.edge*0.36, c.edge*0.5, c.edge*middle/100
	for y := range edge {
		outside := mix(top, bottom, float64(y)/c.edge)
		inside := mix(outside, white, 0.47)
		row := c.Image.Pix[y*c.Image.Stride : (y+1)*c.Image.Stride]
		cover(row, outside)
		dy := float64(y) + 0.5 - down
		inner, outer := halfChord(radius-1, dy), halfChord(radius+1, dy)
		from, to := int(max(across-outer, 0)), min(int(across+outer)+1, edge)
		whole, after := int(across-inner)+1, int(across+inner) // these are completely inside
		for x := from; x < to; x++ {
			if x == whole && whole < after {
				cover(row[4*whole:4*after], inside)
				x = after
			}
			part := min(max(radius-math.Hypot(float64(x)+0.5-across, dy)+0.5, 0), 1)
			cover(row[4*x:4*x+4], mix(outside, inside, part))
		}
	}
}

// cover fills pixels with one colour.
func cover(pixels []byte, tone color.RGBA) {
	filled := copy(pixels, []byte{tone.R, tone.G, tone.B, tone.A})
	for filled < len(pixels) { // each copy doubles the filled part
		filled += copy(pixels[filled:], pixels[:filled])
	}
}

// halfChord returns half of the width of a circle at a distance from its middle.
func halfChord(radius, distance float64) float64 {
	if radius <= math.Abs(distance) {
		return 0
	}
	return math.Sqrt(radius*radius - distance*distance)
}

// at returns the pixel coordinates of a point on the grid.
func (c *canvas) at(p point) (float32, float32) {
	dx, dy := (p.x-50)*c.scale, (p.y-middle)*c.scale
	if c.mirrored {
		dx = -dx
	}
	sin, cos := math.Sincos(c.turn)
	x, y := 50+dx*cos-dy*sin, middle+dx*sin+dy*cos
	return float32(x * c.edge / 100), float32(y * c.edge / 100)
}

// fill fills closed outlines. It draws only within the rectangle around them, which is much faster.
func (c *canvas) fill(tone color.RGBA, outlines ...[]point) {
	box := c.around(outlines)
	if box.Empty() {
		return
	}
	raster := rasterizers.Get().(*vector.Rasterizer)
	defer rasterizers.Put(raster)
	raster.Reset(box.Dx(), box.Dy())
	for _, outline := range outlines {
		for i, p := range outline {
			x, y := c.at(p)
			x, y = x-float32(box.Min.X), y-float32(box.Min.Y)
			if i == 0 {
				raster.MoveTo(x, y)
			} else {
				raster.LineTo(x, y)
			}
		}
		raster.ClosePath()
	}
	raster.Draw(c.Image, box, image.NewUniform(color.NRGBA(tone)), image.Point{})
}

func (c *canvas) around(outlines [][]point) image.Rectangle {
	left, top, right, bottom := float32(c.edge), float32(c.edge), float32(0), float32(0)
	for _, outline := range outlines {
		for _, p := range outline {
			x, y := c.at(p)
			left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
		}
	}
	return image.Rect(int(left), int(top), int(right)+1, int(bottom)+1).Intersect(c.Image.Bounds())
}

var typeface = sync.OnceValues(
	func() (*opentype.Font, error) { return opentype.Parse(gomedium.TTF) },
)

// title writes the name below the icon, on one or two lines.
func (c *canvas) title(name string) {
	parsed, err := typeface()
	if err != nil {
		return // never: the font is part of its package; the picture would have no name
	}
	size := c.edge * 0.052
	face, err := opentype.NewFace(
		parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone},
	)
	if err != nil {
		return
	}
	defer func() { _ = face.Close() }()
	d := font.Drawer{Dst: c.Image, Src: image.NewUniform(ink), Face: face}
	lines := wrap(
		name, func(text string) bool { return d.MeasureString(text) <= fixed.I(int(c.edge*0.88)) },
	)
	y := c.edge*0.91 - float64(len(lines)-1)*size*0.45
	for _, line := range lines {
		d.Dot = fixed.Point26_6{
			X: (fixed.I(int(c.edge)) - d.MeasureString(line)) / 2,
			Y: fixed.I(int(y)),
		}
		d.DrawString(line)
		y += size * 1.25
	}
}

// wrap breaks a text into at most two lines that fit. If it is longer, the second line ends in an
// ellipsis.
func wrap(text string, fits func(string) bool) []string {
	if fits(text) {
		return []string{text}
	}
	words := strings.Fields(text)
	first := 1
	for first < len(words) && fits(strings.Join(words[:first+1], " ")) {
		first++
	}
	lines := []string{strings.Join(words[:first], " ")}
	rest := words[first:]
	if len(rest) == 0 {
		return lines
	}
	second := strings.Join(rest, " ")
	for cut := len(rest) - 1; cut > 0 && !fits(second); cut-- {
		second = strings.Join(rest[:cut], " ") + "…"
	}
	return append(lines, second)
}
