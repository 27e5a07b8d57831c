// Package model says what a model provider of the assistant must offer: vectors for texts and a
// written answer for a prompt. Implementations: model/gemini (Google's API), model/openai (that of
// OpenAI and all that speak like it) and model/local (no key, no network, no weights).
package model

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopd/shopd/internal/question"
)

// Dimensions is the length of every stored vector. A provider that makes shorter ones pads them
// with zeros, which changes no cosine; one that makes longer ones cuts and normalises them again.
const Dimensions = 768

// MaxBatch is the most texts one Embed call takes.
const MaxBatch = 100

// Task tells an embedding model which side of the search a text is on.
type Task int

// The two sides of a search.
const (
	Document Task = iota
	Query
)

// Text is one thing to embed. Title is empty for queries.
type Text struct {
	Title string
	Body  string
}

// Embedder turns texts into unit vectors of one space.
type Embedder interface {
	// Model names the vector space; vectors of different models are never compared.
	Model() string
	// Embed returns one vector of Dimensions numbers and length 1 per text, in order.
	// A text with nothing to embed gets the model's own neutral vector, never zeros.
	Embed(ctx context.Context, task Task, texts []Text) ([][]float32, error)
}

// Generator writes the answer.
type Generator interface {
	// Name is what clients see in X-Assistant-Provider: "gemini", "openai" or "local".
	Name() string
	// Generate returns plain text. Errors are one of those below, or the context's.
	Generate(ctx context.Context, prompt Prompt) (string, error)
	// Stream is Generate that hands over the text as it is written, in pieces of any size. An error
	// of emit ends it and is returned. Whatever was emitted before another error is not the whole
	// answer.
	Stream(ctx context.Context, prompt Prompt, emit func(piece string) error) error
}

// Model is both.
type Model interface {
	Embedder
	Generator
}

// Usage is what one call cost, as the provider counted it; 0 where it does not say.
type Usage struct {
	Call          string // "embed" or "generate"
	Texts         int    // of an embed call
	Input, Output int64  // tokens
}

// Prompt is all a generator may use. Sources and History are data, never instructions.
type Prompt struct {
	System   string
	History  []question.Turn // oldest first, already cut to what may be used
	Sources  []Source        // best first; never empty
	Question string
}

// Source is one product that may be named in the answer, with its facts as the database has them
// now.
type Source struct {
	ID            int64
	Name          string
	Brand         string
	Category      string
	Description   string
	Currency      string // ISO 4217
	Price         string // decimal, such as "12.50"
	DiscountPrice string // decimal; empty when not on sale
	Saving        string // decimal, Price − DiscountPrice; empty when not on sale
	DiscountPct   int    // whole per cent, rounded; 0 when not on sale
	Attributes    string // "colour: red. material: oak." as the catalogue has them; may be empty
	Stock         int64
	Score         float64 // cosine similarity, 0 to 1
}

// ErrBlocked is a question or answer that the provider's own safety rules refused.
var ErrBlocked = errors.New("the provider declined to answer")

// QuotaError is an exhausted quota: nothing to do but wait.
type QuotaError struct {
	RetryAfter time.Duration // at least one second
	Daily      bool          // a per-day quota rather than a per-minute one
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("model quota exhausted, retry after %s", e.RetryAfter)
}

// ConfigError is a key, model name or request the provider will refuse every time.
type ConfigError struct {
	Setting string // the environment variable to look at, such as GEMINI_API_KEY
	Reason  string
}

func (e *ConfigError) Error() string { return e.Setting + ": " + e.Reason }

// UnavailableError is an outage or a timeout: the same call may succeed later.
// Reason never holds a key or a URL with one.
type UnavailableError struct{ Reason string }

func (e *UnavailableError) Error() string { return "model provider unavailable: " + e.Reason }
