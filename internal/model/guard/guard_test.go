package guard

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model"
)

type fake struct {
	calls int
	err   error
}

func (f *fake) Name() string  { return "fake" }
func (f *fake) Model() string { return "fake:1" }
func (f *fake) Embed(_ context.Context, _ model.Task, texts []model.Text) ([][]float32, error) {
	f.calls++
	return make([][]float32, len(texts)), f.err
}
func (f *fake) Generate(context.Context, model.Prompt) (string, error) {
	f.calls++
	return fmt.Sprint("answer ", f.calls), f.err
}
func (f *fake) Stream(_ context.Context, _ model.Prompt, emit func(string) error) error {
	f.calls++
	if f.err != nil {
		return f.err
	}
	return errors.Join(emit("ans"), emit("wer"))
}

func question(text string) model.Prompt {
	return model.Prompt{Question: text, Sources: []model.Source{{ID: 1, Price: "1.00", Score: 0.7}}}
}

// Guard: an answer is cached for the same question and sources.
func TestAnswersAreCached(t *testing.T) {
	t.Parallel()
	upstream := &fake{}
	g := New(upstream, nil, NewMetrics())
	for range 3 {
		text, err := g.Generate(t.Context(), question("a mug"))
		require.NoError(t, err)
		assert.Equal(t, "answer 1", text)
		_, err = g.Embed(t.Context(), model.Query, []model.Text{{Body: "a mug"}})
		require.NoError(t, err)
	}
	assert.Equal(t, 2, upstream.calls)
	dearer := question("a mug")
	dearer.Sources[0].Price = "2.00"
	_, err := g.Generate(t.Context(), dearer)
	require.NoError(t, err)
	assert.Equal(t, 3, upstream.calls, "another price is another version of the catalogue")
	_, err = g.Embed(t.Context(), model.Document, []model.Text{{Body: "a mug"}})
	require.NoError(t, err)
	assert.Equal(t, 4, upstream.calls, "documents are embedded once anyway")
	var whole string
	add := func(piece string) error { whole += piece; return nil }
	require.NoError(t, g.Stream(t.Context(), question("a jug"), add))
	require.NoError(t, g.Stream(t.Context(), question("a jug"), add))
	assert.Equal(t, "answeranswer", whole)
	assert.Equal(t, 5, upstream.calls)
}

// Guard: a provider that fails often is not called for a while; then one call finds out whether it
// is back.
func TestAProviderThatIsDownIsNotCalled(t *testing.T) {
	t.Parallel()
	upstream := &fake{err: &model.UnavailableError{Reason: "down"}}
	g := New(upstream, nil, NewMetrics())
	now := time.Now()
	g.breaker.now = func() time.Time { return now }
	ask := func(n int) error {
		_, err := g.Generate(t.Context(), question(fmt.Sprint(n)))
		return err
	}
	for n := range 20 {
		require.Error(t, ask(n))
	}
	assert.Equal(t, tooMany, upstream.calls, "later questions do not wait for it")
	now = now.Add(rest)
	require.Error(t, ask(21))
	require.Error(t, ask(22))
	assert.Equal(t, tooMany+1, upstream.calls, "one call finds out whether it is back")
	now = now.Add(rest)
	upstream.err = nil
	require.NoError(t, ask(23))
	require.NoError(t, ask(24))
	upstream.err = &model.QuotaError{RetryAfter: time.Second}
	for n := range 2 * tooMany {
		var quota *model.QuotaError
		require.ErrorAs(t, ask(30+n), &quota, "a provider without quota is not down")
	}
}

type purse struct{ left int }

func (p *purse) Allow(context.Context) error {
	if p.left--; p.left < 0 {
		return errors.New("spent")
	}
	return nil
}
func (p *purse) Spend(model.Usage) {}

// Guard: the budget ends the calls, and cached answers cost nothing.
func TestABudgetEndsTheSpending(t *testing.T) {
	t.Parallel()
	upstream := &fake{}
	g := New(upstream, &purse{left: 3}, NewMetrics())
	for n := range 10 {
		_, err := g.Generate(t.Context(), question(fmt.Sprint(n)))
		assert.Equal(t, n >= 3, err != nil)
	}
	assert.Equal(t, 3, upstream.calls)
	_, err := g.Generate(t.Context(), question("0"))
	require.NoError(t, err, "a cached answer costs nothing")
}

// cache: the entry used the longest ago is dropped.
func TestTheCacheDropsTheOldest(t *testing.T) {
	t.Parallel()
	k := newCache[int](2, 0)
	k.put("a", 1)
	k.put("b", 2)
	_, _ = k.get("a")
	k.put("c", 3)
	_, ok := k.get("b")
	assert.False(t, ok, "it was used the longest ago")
	n, ok := k.get("a")
	assert.True(t, ok)
	assert.Equal(t, 1, n)
}
