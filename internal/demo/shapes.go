package demo

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed icons.yaml
var iconsText []byte

// shape is a filled area of an icon: its tone (see tonesOf) and its closed outlines.
type shape struct {
	tone     byte
	outlines [][]point
}

// iconSet has all icons by name: the slug of a category, or the name that a product has as its
// icon.
type iconSet map[string][]shape

func (s iconSet) known(p Product) error {
	if len(s[iconName(p)]) == 0 {
		return fmt.Errorf("there is no icon %q", iconName(p))
	}
	return nil
}

var icons = sync.OnceValues(func() (iconSet, error) {
	var texts map[string]string
	if err := yaml.Unmarshal(iconsText, &texts); err != nil {
		return nil, fmt.Errorf("icons.yaml: %w", err)
	}
	set := iconSet{}
	for name, text := range texts {
		for line := range strings.Lines(strings.TrimSpace(text)) {
			s, err := parseShape(line)
			if err != nil {
				return nil, fmt.Errorf("icons.yaml: %s: %q: %w", name, strings.TrimSpace(line), err)
			}
			set[name] = append(set[name], s)
		}
	}
	return set, nil
})

// parseShape reads a line of icons.yaml. The head of that file explains the format.
func parseShape(line string) (shape, error) {
	fields := strings.Fields(line)
	if len(fields) < 3 || len(fields[0]) != 1 {
		return shape{}, errors.New("needs a tone, a kind and numbers")
	}
	if _, known := tonesOf(Product{}, 0)[fields[0][0]]; !known {
		return shape{}, fmt.Errorf("unknown tone %s", fields[0])
	}
	n := make([]float64, len(fields)-2)
	for i, field := range fields[2:] {
		var err error
		if n[i], err = strconv.ParseFloat(field, 64); err != nil {
			return shape{}, err
		}
	}
	outlines, err := outlinesOf(fields[1], n)
	return shape{fields[0][0], outlines}, err
}

// numbers are the least and the most numbers that each kind of shape has.
var numbers = map[string][2]int{
	"C": {3, 4},
	"O": {4, 4},
	"A": {4, 4},
	"R": {4, 5},
	"P": {6, 99},
	"S": {6, 99},
	"L": {5, 99},
}

func outlinesOf(kind string, n []float64) ([][]point, error) {
	if count, known := numbers[kind]; !known || len(n) < count[0] || len(n) > count[1] {
		return nil, fmt.Errorf("kind %s with %d numbers", kind, len(n))
	}
	switch kind {
	case "C":
		return [][]point{ellipse(n[0], n[1], n[2], n[len(n)-1])}, nil
	case "O":
		// The hole turns the other way round, so it is not filled.
		hole := arc(n[0], n[1], n[2]-n[3], n[2]-n[3], 2*math.Pi, 0)
		return [][]point{ellipse(n[0], n[1], n[2], n[2]), hole}, nil
	case "A":
		outer := arc(n[0], n[1], n[2], n[2], math.Pi, 2*math.Pi)
		return [][]point{
			append(outer, arc(n[0], n[1], n[2]-n[3], n[2]-n[3], 2*math.Pi, math.Pi)...),
		}, nil
	case "R":
		radius := 0.0
		if len(n) == 5 {
			radius = n[4]
		}
		return [][]point{rounded(n[0], n[1], n[2], n[3], radius)}, nil
	case "L":
		return line(n[0], points(n[1:])), nil
	case "S":
		return [][]point{smooth(points(n))}, nil
	default:
		return [][]point{points(n)}, nil
	}
}

func points(n []float64) []point {
	var out []point
	for i := 0; i+1 < len(n); i += 2 {
		out = append(out, point{n[i], n[i+1]})
	}
	return out
}

func ellipse(x, y, rx, ry float64) []point { return arc(x, y, rx, ry, 0, 2*math.Pi) }

// arc returns points along an ellipse from one angle to another, in radians from three o'clock.
func arc(x, y, rx, ry, from, to float64) []point {
	const steps = 48 // with fewer, corners can be seen in the largest picture
	out := make([]point, 0, steps+1)
	for i := range steps + 1 {
		sin, cos := math.Sincos(from + (to-from)*float64(i)/steps)
		out = append(out, point{x + rx*cos, y + ry*sin})
	}
	return out
}

// rounded returns a rectangle with round corners.
func rounded(x, y, w, h, r float64) []point {
	if r == 0 {
		return []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
	}
	var out []point
	for i, corner := range []point{
		{x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}, {x + w - r, y + r},
	} {
		quarter := float64(i) * math.Pi / 2
		round := arc(corner.x, corner.y, r, r, quarter, quarter+math.Pi/2)
		for j := 0; j < len(round); j += 4 {
			out = append(out, round[j])
		}
	}
	return out
}

// line returns a line of some width with round ends and joints. All its parts turn the same way, so
// they are filled together.
func line(width float64, through []point) [][]point {
	half := width / 2
	var out [][]point
	for i, p := range through {
		out = append(out, ellipse(p.x, p.y, half, half))
		if i == 0 {
			continue
		}
		q := through[i-1]
		length := math.Hypot(p.x-q.x, p.y-q.y)
		nx, ny := (p.y-q.y)/length*half, (q.x-p.x)/length*half
		out = append(
			out,
			[]point{
				{q.x + nx, q.y + ny},
				{p.x + nx, p.y + ny},
				{p.x - nx, p.y - ny},
				{q.x - nx, q.y - ny},
			},
		)
	}
	return out
}

// smooth returns a closed curve through points (Catmull-Rom).
func smooth(through []point) []point {
	const steps = 10
	count := len(through)
	var out []point
	for i := range through {
		a, b := through[(i+count-1)%count], through[i]
		c, d := through[(i+1)%count], through[(i+2)%count]
		for step := range steps {
			t := float64(step) / steps
			along := func(a, b, c, d float64) float64 {
				return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
			}
			out = append(out, point{along(a.x, b.x, c.x, d.x), along(a.y, b.y, c.y, d.y)})
		}
	}
	return out
}
