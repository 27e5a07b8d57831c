package local

import (
	"math"
	"math/rand/v2"
)

// pairs are pairs of indexes into a vector, in an order that is random and always the same.
type pairs [hashed / 2][2]int

// turns are twelve rounds of pairs: after so many, each number of the result depends on all.
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

// turn rotates a vector about the origin by a fixed angle in many planes, several times (Kac's
// walk). It does not change lengths and angles.
func turn(v *[hashed]float64) {
	for _, planes := range turns {
		for _, p := range planes {
			x, y := v[p[0]], v[p[1]]
			v[p[0]], v[p[1]] = (x+y)*(math.Sqrt2/2), (x-y)*(math.Sqrt2/2)
		}
	}
}
