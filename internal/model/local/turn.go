package local

import (
	"math"
	"math/rand/v2"
)

// pairs are the numbers of a vector, two by two, in an order that chance decided once and for all.
type pairs [hashed / 2][2]int

// turns are so many that each number of the result has something of all.
var turns = func() (turns [12]pairs) {
	random := rand.New(rand.NewPCG(1, 2))
	for t := range turns {
		order := random.Perm(hashed)
		for i := range turns[t] {
			turns[t][i] = [2]int{order[2*i], order[2*i+1]}
		}
	}
	return turns
}()

// turn turns a vector about the origin by a fixed angle in many planes at once, several times
// (Kac's walk): lengths and angles stay.
func turn(v *[hashed]float64) {
	for _, planes := range turns {
		for _, p := range planes {
			x, y := v[p[0]], v[p[1]]
			v[p[0]], v[p[1]] = (x+y)*(math.Sqrt2/2), (x-y)*(math.Sqrt2/2)
		}
	}
}
