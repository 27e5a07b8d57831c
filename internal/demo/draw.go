package demo

import (
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Draw makes a product's picture: a square of edge pixels with the sign of its category, in the product's colour
// if it has one, and its name. The same product always looks the same.
func Draw(p Product, category Category, edge int) image.Image {
	c := &canvas{Image: image.NewRGBA(image.Rect(0, 0, edge, edge)), edge: float64(edge)}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(p.Slug)) // never fails
	seed := hash.Sum32()
	hue := float64(seed%360) + 0.5
	main, named := namedColors[firstWord(p.Attributes["colour"])]
	if !named {
		main = hsl(hue, 0.45, 0.5)
	}
	c.gradient(hsl(math.Mod(hue+20, 360), 0.35, 0.93), hsl(math.Mod(hue+50, 360), 0.40, 0.82))
	c.tones = map[byte]color.RGBA{'a': main, 'b': shade(main, 0.62), 'c': shade(main, 1.35), 'w': {250, 248, 244, 255}, 's': {30, 30, 40, 40}}
	// A little turn and size of its own sets a product apart from its neighbours.
	c.turn = (float64(seed>>8%100)/100 - 0.5) * 0.24
	c.scale = 0.92 + float64(seed>>16%100)/100*0.14
	c.sign("s C 50 74 30 4")
	for _, line := range strings.Split(icons[category.Slug], "\n") {
		c.sign(line)
	}
	c.title(p.Name)
	return c.Image
}

// Encode writes a picture as JPEG.
func Encode(w io.Writer, img image.Image) error {
	return jpeg.Encode(w, img, &jpeg.Options{Quality: 82})
}

// canvas draws signs on a grid of 100 by 100.
type canvas struct {
	Image       *image.RGBA
	edge        float64
	turn, scale float64
	tones       map[byte]color.RGBA
}

func (c *canvas) gradient(top, bottom color.RGBA) {
	height := c.Image.Bounds().Dy()
	for y := range height {
		at := float64(y) / float64(height)
		mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-at) + float64(b)*at) }
		row := image.NewUniform(color.RGBA{mix(top.R, bottom.R), mix(top.G, bottom.G), mix(top.B, bottom.B), 255})
		draw.Draw(c.Image, image.Rect(0, y, c.Image.Bounds().Dx(), y+1), row, image.Point{}, draw.Src)
	}
}

// at places a point of the grid on the picture: turned and scaled around the middle of the sign.
func (c *canvas) at(x, y float64) (float32, float32) {
	dx, dy := (x-50)*c.scale, (y-44)*c.scale
	sin, cos := math.Sincos(c.turn)
	return float32((50 + dx*cos - dy*sin) * c.edge / 100), float32((44 + dx*sin + dy*cos) * c.edge / 100)
}

// fill fills closed outlines of the grid. Only the rectangle around them is looked at.
func (c *canvas) fill(tone color.RGBA, outlines ...[][2]float64) {
	left, top, right, bottom := float32(c.edge), float32(c.edge), float32(0), float32(0)
	for _, outline := range outlines {
		for _, point := range outline {
			x, y := c.at(point[0], point[1])
			left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
		}
	}
	box := image.Rect(int(left), int(top), int(right)+1, int(bottom)+1).Intersect(c.Image.Bounds())
	raster := vector.NewRasterizer(box.Dx(), box.Dy())
	for _, outline := range outlines {
		for i, point := range outline {
			x, y := c.at(point[0], point[1])
			x, y = x-float32(box.Min.X), y-float32(box.Min.Y)
			if i == 0 {
				raster.MoveTo(x, y)
			} else {
				raster.LineTo(x, y)
			}
		}
		raster.ClosePath()
	}
	raster.Draw(c.Image, box, image.NewUniform(premultiplied(tone)), image.Point{})
}

func premultiplied(c color.RGBA) color.RGBA {
	by := func(v uint8) uint8 { return uint8(uint16(v) * uint16(c.A) / 255) }
	return color.RGBA{by(c.R), by(c.G), by(c.B), c.A}
}

var face = sync.OnceValue(func() *opentype.Font {
	parsed, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		panic(err) // the font is part of its package
	}
	return parsed
})

// title writes the name below the sign, on two lines if it must.
func (c *canvas) title(name string) {
	size := c.edge * 0.052
	drawer, err := opentype.NewFace(face(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return // only for sizes that no picture has
	}
	defer func() { _ = drawer.Close() }()
	d := font.Drawer{Dst: c.Image, Src: image.NewUniform(color.RGBA{44, 42, 56, 255}), Face: drawer}
	y := c.edge * 0.88
	lines := wrap(name, func(text string) bool { return d.MeasureString(text) <= fixed.I(int(c.edge*0.88)) })
	for _, line := range lines {
		d.Dot = fixed.Point26_6{X: (fixed.I(int(c.edge)) - d.MeasureString(line)) / 2, Y: fixed.I(int(y))}
		d.DrawString(line)
		y += size * 1.25
	}
}

// wrap cuts a text into at most two lines that fit.
func wrap(text string, fits func(string) bool) []string {
	words := strings.Fields(text)
	first := ""
	for i, word := range words {
		longer := strings.TrimSpace(first + " " + word)
		if first != "" && !fits(longer) {
			return []string{first, strings.Join(words[i:], " ")}
		}
		first = longer
	}
	return []string{first}
}

// namedColors are those the catalogue names.
var namedColors = map[string]color.RGBA{
	"black": {52, 52, 60, 255}, "graphite": {72, 74, 82, 255}, "charcoal": {66, 66, 72, 255}, "anthracite": {70, 72, 78, 255},
	"grey": {128, 132, 140, 255}, "silver": {158, 164, 172, 255}, "slate": {96, 108, 124, 255}, "matt": {60, 60, 64, 255},
	"white": {212, 214, 220, 255}, "cream": {222, 204, 170, 255}, "sand": {206, 182, 140, 255}, "natural": {196, 166, 122, 255},
	"oatmeal": {204, 190, 164, 255}, "transparent": {172, 198, 210, 255}, "speckled": {200, 196, 188, 255}, "clear": {172, 198, 210, 255},
	"red": {196, 62, 58, 255}, "rust": {176, 84, 52, 255}, "coral": {226, 112, 96, 255}, "terracotta": {190, 100, 72, 255},
	"orange": {224, 132, 52, 255}, "neon": {240, 120, 40, 255}, "mustard": {204, 160, 52, 255}, "yellow": {224, 188, 62, 255},
	"brown": {126, 88, 62, 255}, "cognac": {158, 98, 58, 255}, "walnut": {112, 78, 56, 255}, "brass": {180, 146, 74, 255},
	"green": {78, 138, 88, 255}, "forest": {58, 104, 78, 255}, "moss": {112, 126, 74, 255}, "olive": {122, 124, 66, 255},
	"sage": {142, 160, 132, 255}, "mint": {134, 190, 166, 255}, "khaki": {146, 136, 96, 255}, "dinosaur": {96, 150, 84, 255},
	"blue": {66, 112, 172, 255}, "navy": {48, 66, 104, 255}, "teal": {48, 138, 140, 255}, "petrol": {36, 102, 116, 255},
	"mixed": {138, 100, 164, 255},
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// shade makes a colour darker or lighter.
func shade(c color.RGBA, by float64) color.RGBA {
	f := func(v uint8) uint8 { return uint8(min(255, float64(v)*by)) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), 255}
}

// hsl is a colour by hue (degrees), saturation and lightness (0 to 1): CSS Color 4, section 7.1.
func hsl(hue, saturation, lightness float64) color.RGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue/30, 12)
		a := saturation * math.Min(lightness, 1-lightness)
		return uint8(math.Round(255 * (lightness - a*math.Max(-1, math.Min(math.Min(k-3, 9-k), 1)))))
	}
	return color.RGBA{channel(0), channel(8), channel(4), 255}
}
