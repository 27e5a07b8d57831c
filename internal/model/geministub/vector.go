package geministub

import (
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// fullDimensions is the length of vectors of gemini-embedding-001, if no other one is requested.
const fullDimensions = 3072

// common is a share that all vectors have in common: the cosine of two texts without a common word
// is near it, as with the real models, so that a threshold of 0.5 is useful.
const common = 0.4

// stopWords do not say what a text is about.
var stopWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`a about an and any are as at be by can cheap do does for from
		have how i in is it me my of on or please show some that the there these this to under what
		which with you your`) {
		set[w] = true
	}
	return set
}()

// vector returns the vector of a text. Every word, and with less weight every part of three
// letters, adds a pattern over all 3,072 numbers that depends only on it. The full vector has
// length one. A shorter one is its beginning, so it has not, as with the real model.
func vector(text string, dimensions int) []float32 {
	if dimensions == 0 {
		dimensions = fullDimensions
	}
	sum := make([]float64, fullDimensions)
	weights := features(text)
	// In a fixed order the result is the same to the last bit.
	for _, feature := range slices.Sorted(maps.Keys(weights)) {
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

// features weighs words by the root of their frequency, and their trigrams by a quarter of that.
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

// add adds the feature's pattern of plus and minus, 64 signs from each step of splitmix64. It uses
// no shared memory, and the race detector would make it ten times slower.
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

// scale scales a vector to a length. It does not change a vector of zeros.
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
