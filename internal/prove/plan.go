package prove

import (
	"math/rand/v2"
	"slices"
	"time"
)

// What buyers do, in hundredths.
const (
	orTwice  = 10 // ask for the same product twice in one request
	orCut    = 15 // hang up before the answer can be there, and ask again with the same key
	orTwin   = 5  // send the same request twice at once
	orAgain  = 20 // send a request again that was answered
	orCancel = 15 // cancel an order of before
	orPay    = 50 // pay for what was ordered
	orBroke  = 20 // of those: the bank says no first
)

// longestCut is when a buyer who hangs up has done so.
const longestCut = 40 * time.Millisecond

// item is some units of one of the run's products.
type item struct {
	product  int // which of them
	quantity int32
}

// attempt is one purchase somebody tries to make. Seed and number alone say what it is.
type attempt struct {
	number, buyer int
	items         []item
	cut           time.Duration // zero: waits for the answer
	twin, again   bool
	cancels       bool
	pays, broke   bool
}

// plan is the attempt of a number. Half of them name their products in the opposite order.
func plan(seed uint64, number, buyers, products int) attempt {
	random := rand.New(rand.NewPCG(seed, uint64(number)))
	chance := func(hundredths int) bool { return random.IntN(100) < hundredths }
	a := attempt{number: number, buyer: number % buyers}
	chosen := random.Perm(products)[:min(2, products)]
	slices.Sort(chosen)
	if chance(50) {
		slices.Reverse(chosen)
	}
	for _, product := range chosen {
		a.items = append(a.items, item{product, 1 + random.Int32N(2)})
	}
	if chance(orTwice) {
		a.items = append(a.items, a.items[0])
	}
	if chance(orCut) {
		a.cut = time.Duration(1 + random.Int64N(int64(longestCut)))
	}
	a.twin, a.again, a.cancels = chance(orTwin), chance(orAgain), chance(orCancel)
	a.pays, a.broke = chance(orPay), chance(orBroke)
	return a
}

// units is how many the attempt asks for.
func (a attempt) units() int64 {
	sum := int64(0)
	for _, one := range a.items {
		sum += int64(one.quantity)
	}
	return sum
}

// kill is when the server is killed: so long after so many attempts have begun.
type kill struct {
	after int
	wait  time.Duration
}

// kills spreads so many over a run: one in each stretch of the same length.
func kills(seed uint64, n, attempts int) []kill {
	random := rand.New(rand.NewPCG(seed, 1<<63))
	moments := make([]kill, 0, n)
	for i := range n {
		moments = append(moments, kill{
			after: (i*attempts + random.IntN(max(1, attempts))) / n,
			wait:  time.Duration(random.Int64N(int64(20 * time.Millisecond))),
		})
	}
	return moments
}
