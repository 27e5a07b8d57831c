package geministub

import (
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// fullDimensions is what gemini-embedding-001 answers when no other length is asked for.
const fullDimensions = 3072

// common is the share all vectors have in common: two texts without a common word come out near
// this cosine, as unrelated texts do with the real models. It leaves a threshold of 0.5 meaningful.
const common = 0.4

// stopWords say nothing of what a text is about.
var stopWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`a about an and any are as at be by can cheap do does for from have how i in is it
		me my of on or please show some that the there these this to under what which with you your`) {
		set[w] = true
	}
	return set
}()

// vector is deterministic: every word, and more weakly every part of three letters, adds its own
// pseudo-random pattern over all 3,072 numbers. The whole is of length one and a shorter one is its
// beginning, hence not of length one: the real model does the same.
func vector(text string, dimensions int) []float32 {
	if dimensions == 0 {
		dimensions = fullDimensions
	}
	sum := make([]float64, fullDimensions)
	weights := features(text)
	for _, feature := range slices.Sorted(maps.Keys(weights)) { // a fixed order, for the last bit to be the same
		add(sum, feature, weights[feature])
	}
	scale(sum, math.Sqrt(1-common))
	shared := make([]float64, fullDimensions)
	add(shared, "shared by all texts", 1)
	scale(shared, math.Sqrt(common))
	for i := range sum {
		sum[i] += shared[i]
	}
	scale(sum, 1)
	values := make([]float32, dimensions)
	for i := range values {
		values[i] = float32(sum[i])
	}
	return values
}

// features weighs words by the root of how often they come, and their trigrams a quarter of that.
func features(text string) map[string]float64 {
	count := map[string]int{}
	words := strings.FieldsFunc(
		strings.ToLower(text),
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	)
	for _, word := range words {
		if stopWords[word] {
			continue
		}
		if len(word) > 3 {
			word = strings.TrimSuffix(word, "s")
		}
		count[word]++
	}
	weights := map[string]float64{}
	for word, n := range count {
		weight := math.Sqrt(float64(n))
		weights[word] += weight
		runes := []rune("^" + word + "$")
		for i := 0; i+3 <= len(runes); i++ {
			weights["3:"+string(runes[i:i+3])] += weight / 4
		}
	}
	return weights
}

// add adds the feature's pattern of plus and minus, 64 signs from each step of splitmix64. It
// shares nothing, and the race detector would make it ten times slower.
//
//go:norace
func add(sum []float64, feature string, weight float64) {
	h := fnv.New64a()
	h.Write([]byte(feature))
	state, bits := h.Sum64(), uint64(0)
	for i := range sum {
		if i%64 == 0 {
			state += 0x9e3779b97f4a7c15
			bits = (state ^ state>>30) * 0xbf58476d1ce4e5b9
			bits = (bits ^ bits>>27) * 0x94d049bb133111eb
			bits ^= bits >> 31
		}
		if bits>>(i%64)&1 == 0 {
			sum[i] += weight
		} else {
			sum[i] -= weight
		}
	}
}

// scale gives the vector a length; one without a direction stays as it is.
func scale(v []float64, length float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 {
		return
	}
	factor := length / math.Sqrt(sum)
	for i := range v {
		v[i] *= factor
	}
}
