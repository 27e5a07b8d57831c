// Package local is a model provider without a key, a network or weights: lexical vectors with a
// synonym lexicon, and answers put together from the products' own words. It knows nothing of
// meaning beyond that, and says so: what the shop does not carry is found by the share of a
// question's words that a product has (see Keep).
//
// A text becomes 767 numbers by hashing its word stems, lightly with their three-letter pieces, and
// one constant. Most of them are 0, of which no sign can be taken (product_embeddings.code): so all
// vectors are turned the same way. The constant lifts every score, so that unrelated texts come out
// near 0.45 and the contract's threshold of 0.5 means the same as for other providers. How rare a
// word is weighs in on the side of the question alone: the vectors of documents stay true when the
// catalogue grows.
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

// New returns a provider that has not learned any words yet: all weigh the same, and typos stay.
func New() *Local {
	l := &Local{}
	l.vocabulary.Store(newVocabulary())
	return l
}

// Name is what clients see in X-Assistant-Provider.
func (l *Local) Name() string { return "local" }

// Model names the vector space.
func (l *Local) Model() string { return "local:lexical-v2" }

// Learn takes the words of the whole catalogue; each calls its argument once per document.
func (l *Local) Learn(each func(yield func(title, body string))) {
	v := newVocabulary()
	each(v.add)
	v.finish()
	l.vocabulary.Store(v)
}

// What a vector is made of. The weights were chosen on the judged questions of this package's
// tests.
const (
	hashed      = model.Dimensions - 1
	constant    = 0.42 // share of the constant in the square of a document's length
	asked       = 0.55 // and of a question's
	titleWeight = 3.0
	pieceWeight = 0.25 // of all pieces of a word, against the word itself
	pieceLength = 3
	mateWeight  = 0.6 // of a synonym, against the word that was said
)

// Lift is how far above the threshold a score is as telling as it would be with the constant of
// documents in questions as well: for those who, unlike the assistant, do not look at words (see
// Keep) after the score.
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

// embedDocument weighs a stem by how often it stands in the text, damped, and its title above all.
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

// embedQuery weighs a stem by how rare it is, mends typos, and adds synonyms.
func (l *Local) embedQuery(text model.Text) []float32 {
	v := l.vocabulary.Load()
	weights := map[string]float64{}
	for _, word := range telling(text.Title + " " + text.Body) {
		stem := v.meant(word)
		weight := v.rarity(stem)
		share := mateWeight
		if !v.knows(stem) {
			share = 1 // no product says it so: its synonyms stand for it
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

// telling are the words that say something.
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

// stems of the words that say something.
func stems(text string) []string {
	out := telling(text)
	for i, word := range out {
		out[i] = words.Stem(word)
	}
	return out
}

// vector hashes weighted stems into a unit vector with a share of the constant. Without any it is
// the constant alone.
func vector(weights map[string]float64, constant float64) []float32 {
	var sums [hashed]float64
	for stem, weight := range weights {
		slot, sign := place(stem)
		sums[slot] += sign * weight
		padded := "^" + stem + "$"
		pieces := len(padded) - pieceLength + 1
		if len(stem) < 4 {
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

// place hashes a feature to a number of the vector and a sign, so that collisions cancel out on
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
