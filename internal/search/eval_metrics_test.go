package search_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// depth is how many results count: what a shopper sees without scrolling far.
const depth = 10

// grades is how well each product fits a query, by the product's key: 2 is what the shopper
// means, 1 is acceptable, absent is irrelevant.
type grades map[string]int

// score is how well one list of results fits one query.
type score struct {
	ndcg, recall, mrr float64
	empty             bool
}

func rate(found []string, wanted grades) score {
	found = found[:min(depth, len(found))]
	s := score{ndcg: ndcg(found, wanted), empty: len(found) == 0}
	hits := 0
	for i, key := range found {
		if wanted[key] == 0 {
			continue
		}
		if hits++; hits == 1 {
			s.mrr = 1 / float64(i+1)
		}
	}
	s.recall = float64(hits) / float64(min(depth, len(wanted)))
	return s
}

// ndcg compares the gain of a list with that of the best list the judgements allow.
func ndcg(found []string, wanted grades) float64 {
	var best, got []int
	for _, grade := range wanted {
		best = append(best, grade)
	}
	slices.SortFunc(best, func(a, b int) int { return cmp.Compare(b, a) })
	for _, key := range found {
		got = append(got, wanted[key])
	}
	return dcg(got) / dcg(best)
}

func dcg(grades []int) (sum float64) {
	for i, grade := range grades[:min(depth, len(grades))] {
		sum += (math.Exp2(float64(grade)) - 1) / math.Log2(float64(i+2))
	}
	return sum
}

func mean(scores []score, of func(score) float64) float64 {
	sum := 0.0
	for _, s := range scores {
		sum += of(s)
	}
	return sum / float64(len(scores))
}

// bootstrap returns the mean of paired differences and the interval that holds 95 % of the means of
// samples drawn from them again: whether a difference outlives another choice of queries.
func bootstrap(differences []float64) (middle, low, high float64) {
	const resamples = 2000
	random := rand.New(rand.NewPCG(1, 2))
	means := make([]float64, resamples)
	for i := range means {
		for range differences {
			means[i] += differences[random.IntN(len(differences))] / float64(len(differences))
		}
	}
	slices.Sort(means)
	for _, d := range differences {
		middle += d / float64(len(differences))
	}
	return middle, means[resamples*25/1000], means[resamples*975/1000-1]
}

// No operation: dcg, rate and bootstrap, compared with values computed by hand.
func TestMetrics(t *testing.T) {
	t.Parallel()
	wanted := grades{"a": 2, "b": 1, "c": 1}
	// Ideal: 3/log2(2) + 1/log2(3) + 1/log2(4) = 3 + 0.630930 + 0.5 = 4.130930.
	assert.InDelta(t, 4.130930, dcg([]int{2, 1, 1}), 1e-6)

	s := rate([]string{"x", "a", "b"}, wanted) // 3/log2(3) + 1/log2(4) = 1.892789 + 0.5
	assert.InDelta(t, 2.392789/4.130930, s.ndcg, 1e-6)
	assert.InDelta(t, 2.0/3, s.recall, 1e-9)
	assert.InDelta(t, 0.5, s.mrr, 1e-9)

	assert.Equal(
		t, score{ndcg: 1, recall: 1, mrr: 1}, rate([]string{"a", "c", "b"}, wanted),
		"equal grades may swap",
	)
	assert.Equal(t, score{empty: true}, rate(nil, wanted))
	late := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "a"}
	assert.Equal(t, score{}, rate(late, wanted), "the eleventh result does not count")

	many := grades{}
	for _, key := range late {
		many[key] = 2
	}
	assert.Equal(
		t, score{ndcg: 1, recall: 1, mrr: 1}, rate(late, many), "a page of ten cannot hold eleven",
	)

	middle, low, high := bootstrap([]float64{0.25, 0.25, 0.25})
	assert.InDeltaSlice(t, []float64{0.25, 0.25, 0.25}, []float64{middle, low, high}, 1e-9)
	middle, low, high = bootstrap([]float64{-1, 1, -1, 1})
	assert.InDelta(t, 0, middle, 1e-9)
	assert.InDelta(
		t, -1, low, 0.001,
	) // one sample in sixteen draws -1 four times, which is more than 2.5 %
	assert.InDelta(t, 1, high, 0.001)
}
