package prove

import (
	"math/rand/v2"
	"slices"
	"time"
)

// How often buyers do something unusual, in per cent.
const (
	orTwice  = 10 // order the same product twice in one request
	orCut    = 15 // disconnect before the response can come, and retry with the same key
	orTwin   = 5  // send the same request twice at once
	orAgain  = 20 // send a request again after its response
	orCancel = 15 // cancel an earlier order
	orPay    = 50 // pay for the order
	orBroke  = 20 // of those: the bank declines first
)

// longestCut is the longest time after which a buyer disconnects.
const longestCut = 40 * time.Millisecond

// item is some units of one of the run's products.
type item struct {
	product  int // its index among the products of the run
	quantity int32
}

// attempt is one purchase that a buyer tries to make. It depends on seed and number alone.
type attempt struct {
	number, buyer int
	items         []item
	cut           time.Duration // zero: waits for the response
	twin, again   bool
	cancels       bool
	pays, broke   bool
}

// plan returns the attempt of a number. Half of them order their products in the opposite order.
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

// units returns how many units the attempt orders.
func (a attempt) units() int64 {
	sum := int64(0)
	for _, one := range a.items {
		sum += int64(one.quantity)
	}
	return sum
}

// kill is a moment to kill the server: wait after the start of the attempt of that number.
type kill struct {
	after int
	wait  time.Duration
}

// kills returns n moments, one in each n-th of a run.
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
