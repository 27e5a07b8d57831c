// Package guard wraps a model provider that costs money and may fail. It caches vectors and
// answers, stops calling a provider that is down, enforces a budget, and counts calls.
package guard

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// Sizes of the caches. A query vector is 3 KB, an answer about 1 KB.
const (
	maxVectors = 2_000
	maxAnswers = 1_000
	answerAge  = 10 * time.Minute
)

// allowance is the part of a Budget that Guard uses.
type allowance interface {
	// Allow returns an error if nothing may be spent now.
	Allow(ctx context.Context) error
}

// Guard is a model.Model. It is safe for concurrent use.
type Guard struct {
	model   model.Model
	budget  allowance // nil: none
	metrics *Metrics
	breaker breaker
	vectors *cache[[]float32]
	answers *cache[string]
}

var _ model.Model = (*Guard)(nil)

// New returns a guard of a model. budget may be nil.
func New(model model.Model, budget allowance, metrics *Metrics) *Guard {
	return &Guard{
		model:   model,
		budget:  budget,
		metrics: metrics,
		breaker: breaker{now: time.Now},
		vectors: newCache[[]float32](maxVectors, 0),
		answers: newCache[string](maxAnswers, answerAge),
	}
}

// Name implements model.Generator.
func (g *Guard) Name() string { return g.model.Name() }

// Model implements model.Embedder.
func (g *Guard) Model() string { return g.model.Model() }

// Embed implements model.Embedder. The vectors of questions are cached.
func (g *Guard) Embed(
	ctx context.Context, task model.Task, texts []model.Text,
) ([][]float32, error) {
	isQuery := task == model.Query && len(texts) == 1
	key := ""
	if isQuery {
		key = g.model.Model() + "\x00" + texts[0].Body
		if vector, ok := g.vectors.get(key); ok {
			g.metrics.cached("vector", true)
			return [][]float32{vector}, nil
		}
		g.metrics.cached("vector", false)
	}
	var vectors [][]float32
	err := g.call(ctx, "embed", func() (err error) {
		vectors, err = g.model.Embed(ctx, task, texts)
		return err
	})
	if err == nil && isQuery {
		g.vectors.put(key, vectors[0])
	}
	return vectors, err
}

// Generate implements model.Generator. The answer is cached for prompts with the same text and the
// same facts of the same products.
func (g *Guard) Generate(ctx context.Context, prompt model.Prompt) (string, error) {
	key := g.promptKey(prompt)
	if text, ok := g.answers.get(key); ok {
		g.metrics.cached("answer", true)
		return text, nil
	}
	g.metrics.cached("answer", false)
	var text string
	err := g.call(ctx, "generate", func() (err error) {
		text, err = g.model.Generate(ctx, prompt)
		return err
	})
	if err == nil {
		g.answers.put(key, text)
	}
	return text, err
}

// Stream implements model.Generator.
func (g *Guard) Stream(ctx context.Context, prompt model.Prompt, emit func(string) error) error {
	key := g.promptKey(prompt)
	if text, ok := g.answers.get(key); ok {
		g.metrics.cached("answer", true)
		return emit(text)
	}
	g.metrics.cached("answer", false)
	var whole []byte
	var refused error
	err := g.call(ctx, "generate", func() error {
		return g.model.Stream(ctx, prompt, func(piece string) error {
			whole = append(whole, piece...)
			refused = emit(piece)
			return refused
		})
	})
	if err == nil {
		g.answers.put(key, string(whole))
	}
	return err
}

// promptKey returns a hash of everything that the model would see, so it changes with the facts of
// the products in the prompt.
func (g *Guard) promptKey(prompt model.Prompt) string {
	prompt.Sources = slices.Clone(prompt.Sources)
	for i := range prompt.Sources {
		prompt.Sources[i].Score = 0 // the model does not see it
	}
	text, err := json.Marshal(prompt)
	if err != nil {
		panic(err) // never: it consists of strings and numbers
	}
	sum := sha256.Sum256(append(text, g.model.Model()...))
	return string(sum[:])
}

// call calls the provider, unless the budget is spent or the provider is down. name is that of the
// call in metrics.
func (g *Guard) call(ctx context.Context, name string, operation func() error) error {
	if g.budget != nil {
		if err := g.budget.Allow(ctx); err != nil {
			g.metrics.called(g.Name(), name, "budget", 0)
			return err
		}
	}
	if err := g.breaker.allow(); err != nil {
		g.metrics.called(g.Name(), name, "broken", 0)
		return err
	}
	start := time.Now()
	err := operation()
	g.breaker.report(err)
	g.metrics.called(g.Name(), name, outcome(err), time.Since(start))
	return err
}

func outcome(err error) string {
	var quota *model.QuotaError
	var config *model.ConfigError
	var out *model.UnavailableError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &quota):
		return "quota"
	case errors.As(err, &config):
		return "refused"
	case errors.As(err, &out):
		return "unavailable"
	case errors.Is(err, model.ErrBlocked):
		return "blocked"
	}
	return "cancelled"
}

// breaker stops calls to a provider that failed several times in a row, so that shoppers do not
// wait for each timeout. After a pause it allows one call at a time, until one succeeds.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time // no calls before
	trying   bool
}

// After tooMany failures in a row a provider is not called for the time rest.
const (
	tooMany = 5
	rest    = 10 * time.Second
)

func (b *breaker) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < tooMany {
		return nil
	}
	if b.now().Before(b.until) || b.trying {
		return &model.UnavailableError{
			Reason: "it failed several times in a row and is left alone for a moment",
		}
	}
	b.trying = true
	return nil
}

func (b *breaker) report(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	var out *model.UnavailableError
	switch {
	case errors.As(err, &out):
		b.failures++
		b.until = b.now().Add(rest)
	case err == nil ||
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		b.failures = 0 // it responds, even if it refuses
	}
}
