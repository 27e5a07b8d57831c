package demo

import (
	"math"
	"strconv"
	"strings"
)

// icons are the signs of the categories, a shape a line: a tone (a the product's colour, b darker, c lighter,
// w white), a kind and numbers on a grid of 100 by 100.
//
//	C x y rx [ry]        ellipse
//	O x y r width        ring
//	A x y r width        the upper half of a ring
//	R x y w h [radius]   rectangle
//	P x y x y x y …      polygon
var icons = map[string]string{
	"headphones":        "b A 50 46 26 5\na R 20 44 13 24 6\na R 67 44 13 24 6\nc R 30 47 5 18 2\nc R 65 47 5 18 2",
	"speakers":          "a R 32 16 36 56 6\nb C 50 54 13\nc C 50 54 6\nb C 50 29 6\nw C 50 29 2",
	"phone-accessories": "b R 34 14 32 58 6\nc R 37 20 26 44 2\na P 50 28 42 45 49 45 46 58 58 40 51 40 55 28\nw C 50 68 2",
	"keyboards-mice":    "a R 14 34 58 28 4\nw R 18 38 8 6 1\nw R 29 38 8 6 1\nw R 40 38 8 6 1\nw R 51 38 8 6 1\nw R 18 47 8 6 1\nw R 29 47 19 6 1\nw R 51 47 8 6 1\nw R 62 38 6 15 1\nb C 82 50 7 12\nc R 81 40 2 7 1",
	"smart-home":        "a P 50 14 82 42 74 42 74 72 26 72 26 42 18 42\nw C 50 52 10\nb C 50 52 5\nb R 48 40 4 10 1",
	"coffee-gear":       "b P 36 16 64 16 58 34 42 34\na R 34 34 32 30 5\nc R 38 38 24 10 2\nb R 30 64 40 7 3\nw C 50 56 5\nb R 48 8 4 9 1\nb R 48 8 18 4 2",
	"cookware":          "a C 44 46 28 26\nb C 44 46 21 19\nc C 38 40 8 6\nb P 68 52 94 62 92 69 66 60",
	"knives-tools":      "c P 46 12 58 12 58 54 48 54\nw P 46 12 50 12 51 54 48 54\na R 47 54 12 24 4\nw C 53 60 1.6\nw C 53 70 1.6",
	"drinkware":         "a R 36 28 28 46 6\nb R 40 14 20 12 3\nc R 40 34 5 34 2\nb R 36 50 28 4 0",
	"lighting":          "c P 36 18 64 18 76 44 24 44\na P 39 18 61 18 70 40 30 40\nb R 48 44 4 24 1\nb C 50 71 16 4",
	"furniture":         "a R 24 20 8 52 2\na R 24 42 50 8 2\nb R 66 50 7 22 2\nc R 24 20 40 6 2\nc R 26 30 34 5 2\nb R 26 50 6 22 2",
	"bedding-bath":      "b R 12 24 7 46 2\na R 16 44 70 20 5\nw R 20 34 24 14 6\nc R 44 40 42 14 5\nb R 80 58 6 12 2",
	"decor":             "a P 44 36 56 36 64 58 58 74 42 74 36 58\nb R 43 32 14 5 2\nc C 44 18 6 9\nc C 57 16 6 9\nb R 49 18 2 16 0\nw C 46 56 4 8",
	"t-shirts-tops":     "a P 34 18 42 22 58 22 66 18 86 32 78 44 70 39 70 74 30 74 30 39 22 44 14 32\nb C 50 20 9 5\nc R 56 40 9 9 1",
	"jackets":           "a P 36 16 64 16 84 30 78 66 68 64 68 76 32 76 32 64 22 66 16 30\nb R 48.5 18 3 58 0\nc P 36 16 50 26 64 16 60 12 40 12\nb R 36 54 9 3 1\nb R 55 54 9 3 1",
	"shoes":             "a P 16 38 34 34 46 48 74 54 86 62 86 68 16 68\nw R 14 66 74 7 3\nc P 42 44 50 40 54 44 46 50\nc P 50 49 57 45 61 49 55 53\nb P 16 38 34 34 36 42 18 46",
	"bags":              "b A 50 28 12 4\na R 26 28 48 46 10\nc R 32 50 36 18 4\nb R 32 42 36 3 1\nw R 47 48 6 8 2",
	"camping":           "a P 50 14 88 72 12 72\nb P 50 30 62 72 38 72\nc P 50 14 54 20 26 72 12 72\nw C 76 20 6",
	"cycling":           "b O 26 56 16 3\nb O 74 56 16 3\na P 26 54 42 32 45 33 29 57\na P 42 32 64 32 64 36 43 36\na P 62 34 66 33 77 55 73 57\na P 42 34 46 33 54 55 50 57\na P 50 54 66 34 68 36 53 58\nb R 36 28 12 4 2\nb R 60 26 12 4 2",
	"fitness":           "b R 30 42 40 6 2\na R 20 28 12 34 4\na R 68 28 12 34 4\nc R 14 34 7 22 3\nc R 79 34 7 22 3",
	"games-puzzles":     "a R 22 22 36 36 6\nw C 32 32 3.6\nw C 48 32 3.6\nw C 40 40 3.6\nw C 32 48 3.6\nw C 48 48 3.6\nb R 50 44 30 30 6\nc C 58 52 3\nc C 72 66 3\nc C 65 59 3",
	"stationery":        "a R 26 16 40 56 4\nb R 26 16 8 56 3\nw R 40 26 20 3 1\nw R 40 33 20 3 1\nw R 40 40 14 3 1\nc P 66 56 82 22 88 25 72 59\nb P 66 56 72 59 65 66",
	"coffee-tea":        "a R 24 34 42 34 10\nb O 68 48 9 4\nw R 28 36 34 5 2\nc P 36 28 40 20 36 14 40 14 44 20 40 28\nc P 50 28 54 20 50 14 54 14 58 20 54 28\nb C 45 73 28 4",
	"snacks":            "a P 28 18 72 18 68 28 72 74 28 74 32 28\nb P 28 18 72 18 71 24 29 24\nw C 50 48 14\nc C 45 46 5 7\nc C 56 50 5 7",
	"skin-care":         "a R 34 34 32 40 6\nb R 42 24 16 11 2\nb R 46 14 5 11 1\nb R 46 14 18 5 2\nw R 38 46 24 18 2\nc C 50 55 5",
	"pet-supplies":      "a C 50 56 18 15\na C 26 38 7 9\na C 42 26 7 9\na C 58 26 7 9\na C 74 38 7 9\nc C 46 52 6 4",
	"garden":            "b P 32 50 68 50 62 76 38 76\na R 29 46 42 7 2\nc C 38 30 8 15\na C 60 28 8 16\nc C 50 20 7 15\nb R 49 26 2 22 0",
}

// sign draws one line of a sign.
func (c *canvas) sign(line string) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	tone := c.tones[words[0][0]]
	n := make([]float64, len(words)-2)
	for i, word := range words[2:] {
		n[i], _ = strconv.ParseFloat(word, 64) // the table above is all there is
	}
	switch words[1] {
	case "C":
		ry := n[2]
		if len(n) > 3 {
			ry = n[3]
		}
		c.fill(tone, ellipse(n[0], n[1], n[2], ry, 0, 2*math.Pi))
	case "O":
		c.fill(tone, ellipse(n[0], n[1], n[2], n[2], 0, 2*math.Pi), ellipse(n[0], n[1], n[2]-n[3], n[2]-n[3], 2*math.Pi, 0))
	case "A":
		outer, inner := ellipse(n[0], n[1], n[2], n[2], math.Pi, 2*math.Pi), ellipse(n[0], n[1], n[2]-n[3], n[2]-n[3], 2*math.Pi, math.Pi)
		c.fill(tone, append(outer, inner...))
	case "R":
		radius := 0.0
		if len(n) > 4 {
			radius = n[4]
		}
		c.fill(tone, rounded(n[0], n[1], n[2], n[3], radius))
	case "P":
		var outline [][2]float64
		for i := 0; i+1 < len(n); i += 2 {
			outline = append(outline, [2]float64{n[i], n[i+1]})
		}
		c.fill(tone, outline)
	}
}

// ellipse is an arc from one angle to another, in radians from three o'clock.
func ellipse(x, y, rx, ry, from, to float64) [][2]float64 {
	const steps = 48
	points := make([][2]float64, 0, steps+1)
	for i := range steps + 1 {
		sin, cos := math.Sincos(from + (to-from)*float64(i)/steps)
		points = append(points, [2]float64{x + rx*cos, y + ry*sin})
	}
	return points
}

// rounded is a rectangle with round corners.
func rounded(x, y, w, h, r float64) [][2]float64 {
	if r == 0 {
		return [][2]float64{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
	}
	var points [][2]float64
	for i, corner := range [][2]float64{{x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}, {x + w - r, y + r}} {
		quarter := float64(i) * math.Pi / 2
		arc := ellipse(corner[0], corner[1], r, r, quarter, quarter+math.Pi/2)
		for j := 0; j < len(arc); j += 4 {
			points = append(points, arc[j])
		}
	}
	return points
}
