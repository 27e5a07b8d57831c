// Package local is a model provider without a key, a network or weights. Its vectors are made of
// words and synonyms, and its answers of the products' own words. It knows nothing else about
// meaning: whether the shop carries what is asked for depends on the share of the question's words
// that a product has (see Relevant).
//
// The vector of a text has 767 numbers, into which its word stems are hashed, with a small weight
// also their three-letter pieces, and one constant. Most of the numbers would be 0, which has no
// sign for product_embeddings.code, so all vectors are rotated in the same way. The constant raises
// every score, so that unrelated texts have a score near 0.45 and the contract's threshold of 0.5
// means the same as for other providers. The rarity of a word only weighs in vectors of questions,
// so vectors of documents stay right when the catalogue grows.
package local

import (
	"context"
	"hash/fnv"
	"math"
	"sync/atomic"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/question/words"
)

var (
	_ model.Embedder  = (*Local)(nil)
	_ model.Generator = (*Local)(nil)
)

// Local is the model. It is safe for concurrent use.
type Local struct{ vocabulary atomic.Pointer[vocabulary] }

// New returns a provider that has not learned any words yet: all words weigh the same, and typos
// are not corrected.
func New() *Local {
	l := &Local{}
	l.vocabulary.Store(newVocabulary())
	return l
}

// Name implements model.Generator.
func (l *Local) Name() string { return "local" }

// Model implements model.Embedder.
func (l *Local) Model() string { return "local:lexical-v3" }

// Learn learns the words of the whole catalogue. each must call its argument once per document.
func (l *Local) Learn(each func(yield func(title, body string))) {
	v := newVocabulary()
	each(v.add)
	v.finish()
	l.vocabulary.Store(v)
}

// Parts of a vector and their weights, which were chosen on the judged questions of the tests.
const (
	hashed      = model.Dimensions - 1
	constant    = 0.42 // share of the constant in the square of a document's length
	asked       = 0.55 // and of a question's
	titleWeight = 3.0
	pieceWeight = 0.25 // of all pieces of a word, against the word itself
	pieceLength = 3
	mateWeight  = 0.6 // of a synonym, against the word itself
)

// Lift is added to the threshold by callers that do not check words (see Relevant) after the score,
// as the assistant does. It makes up for the larger constant in the vectors of questions.
const Lift = 0.05

// Embed implements model.Embedder.
func (l *Local) Embed(
	ctx context.Context, task model.Task, texts []model.Text,
) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if task == model.Query {
			vectors[i] = l.embedQuery(text)
		} else {
			vectors[i] = embedDocument(text)
		}
	}
	return vectors, nil
}

// embedDocument weighs a stem by the logarithm of its frequency, and stems of the title much more.
func embedDocument(text model.Text) []float32 {
	weights := map[string]float64{}
	for _, stem := range stems(text.Body) {
		weights[stem]++
	}
	for stem, n := range weights {
		weights[stem] = 1 + math.Log(n)
	}
	for _, stem := range stems(text.Title) {
		weights[stem] += titleWeight
	}
	return vector(weights, constant)
}

// embedQuery weighs a stem by its rarity, corrects typos, and adds synonyms.
func (l *Local) embedQuery(text model.Text) []float32 {
	v := l.vocabulary.Load()
	weights := map[string]float64{}
	for _, word := range telling(text.Title + " " + text.Body) {
		stem := v.meant(word)
		weight := v.rarity(stem)
		share := mateWeight
		if !v.knows(stem) {
			share = 1 // no product has the word, so its synonyms replace it
		}
		found := false
		for _, mate := range mates(stem) {
			if v.knows(mate) {
				weights[mate] = max(weights[mate], share*weight)
				found = true
			}
		}
		if v.knows(stem) || !found {
			weights[stem] += weight
		}
	}
	return vector(weights, asked)
}

// telling returns the words of a text without stop words.
func telling(text string) []string {
	all := words.Split(text)
	out := all[:0]
	for _, word := range all {
		if words.ClassOf(word) != words.Stop {
			out = append(out, word)
		}
	}
	return out
}

// stems returns the stems of the words of a text without stop words.
func stems(text string) []string {
	out := telling(text)
	for i, word := range out {
		out[i] = words.Stem(word)
	}
	return out
}

// vector returns a unit vector of weighted stems and the constant. Without stems only the constant
// is not 0.
func vector(weights map[string]float64, constant float64) []float32 {
	var sums [hashed]float64
	for stem, weight := range weights {
		slot, sign := place(stem)
		sums[slot] += sign * weight
		padded := "^" + stem + "$"
		pieces := len(padded) - pieceLength + 1
		if len(stem) < 4 || isPair(stem) { // pieces are bytes: of pairs even unlike ones share some
			continue
		}
		for i := range pieces {
			slot, sign := place("#" + padded[i:i+pieceLength])
			sums[slot] += sign * weight * pieceWeight / math.Sqrt(float64(pieces))
		}
	}
	var square float64
	for _, x := range sums {
		square += x * x
	}
	out := make([]float32, model.Dimensions)
	if square == 0 {
		out[hashed] = 1
		return out
	}
	turn(&sums)
	scale := math.Sqrt((1 - constant) / square)
	for i, x := range sums {
		out[i] = float32(x * scale)
	}
	out[hashed] = float32(math.Sqrt(constant))
	return out
}

// place returns the index of a feature in the vector and a sign, by which collisions cancel out on
// average (Weinberger and others 2009, "Feature Hashing for Large Scale Multitask Learning").
func place(feature string) (slot int, sign float64) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(feature)) // never fails
	sum := hash.Sum64()
	sum ^= sum >> 29
	if sum>>63 == 1 {
		sign = -1
	} else {
		sign = 1
	}
	return int(sum % hashed), sign
}
