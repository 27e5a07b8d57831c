// Package model defines the interfaces of a model provider: vectors for texts, and a written answer
// for a prompt. They are implemented by model/gemini (Google's API), model/openai (the API of
// OpenAI and of compatible servers) and model/local (without key, network or weights).
package model

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopd/shopd/internal/question"
)

// Dimensions is the length of every stored vector. Shorter vectors of a model are padded with
// zeros, which does not change cosines; longer ones are cut and normalised.
const Dimensions = 768

// MaxBatch is the most texts that a provider sends in one request.
const MaxBatch = 100

// Task says on which side of a search a text is.
type Task int

// The two sides of a search.
const (
	Document Task = iota
	Query
)

// Text is a text to embed. Title is empty for queries.
type Text struct {
	Title string
	Body  string
}

// Embedder makes vectors of texts.
type Embedder interface {
	// Model returns the name of the vector space. Vectors of different spaces are never compared.
	Model() string
	// Embed returns one vector of Dimensions numbers and length 1 per text, in order. An empty text
	// gets a neutral vector of the model, never zeros.
	Embed(ctx context.Context, task Task, texts []Text) ([][]float32, error)
}

// Generator writes answers.
type Generator interface {
	// Name returns the name that clients see in X-Assistant-Provider: "gemini", "openai" or
	// "local".
	Name() string
	// Generate returns an answer as plain text. The error is one of those below, or the context's.
	Generate(ctx context.Context, prompt Prompt) (string, error)
	// Stream is like Generate, and passes the text to emit while it is written, in pieces of any
	// size. It ends with an error of emit, and returns it. After any error the pieces are not the
	// whole answer.
	Stream(ctx context.Context, prompt Prompt, emit func(piece string) error) error
}

// Model is an Embedder and a Generator.
type Model interface {
	Embedder
	Generator
}

// Usage is the cost of one call as counted by the provider. Numbers it does not report are 0.
type Usage struct {
	Call          string // "embed" or "generate"
	Texts         int    // of an embed call
	Input, Output int64  // tokens
}

// Prompt is all the input of a generator. Sources and History are data, never instructions.
type Prompt struct {
	System   string
	History  []question.Turn // oldest first, already shortened
	Sources  []Source        // best first; never empty
	Question string
}

// Source is a product that may be named in the answer, with its current facts.
type Source struct {
	ID            int64
	Name          string
	Brand         string
	Category      string
	Description   string
	Currency      string // ISO 4217
	Price         string // decimal, such as "12.50"
	DiscountPrice string // decimal; empty if not on sale
	Saving        string // decimal, Price − DiscountPrice; empty if not on sale
	DiscountPct   int    // whole per cent, rounded; 0 if not on sale
	Attributes    string // such as "colour: red. material: oak."; may be empty
	Stock         int64
	Score         float64 // cosine similarity, 0 to 1
}

// ErrBlocked is returned if the provider's safety rules refused the question or the answer.
var ErrBlocked = errors.New("the provider declined to answer")

// QuotaError is returned if the quota is exhausted.
type QuotaError struct {
	RetryAfter time.Duration // at least one second
	Daily      bool          // a per-day quota rather than a per-minute one
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("model quota exhausted, retry after %s", e.RetryAfter)
}

// ConfigError is returned for a key, model name or request that the provider always refuses.
type ConfigError struct {
	Setting string // the environment variable to check, such as GEMINI_API_KEY
	Reason  string
}

func (e *ConfigError) Error() string { return e.Setting + ": " + e.Reason }

// UnavailableError is returned for an outage or a timeout: the same call may succeed later. Reason
// never contains a key or a URL with one.
type UnavailableError struct{ Reason string }

func (e *UnavailableError) Error() string { return "model provider unavailable: " + e.Reason }
