package guard

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/assistant/provider"
)

type fake struct {
	calls int
	err   error
}

func (f *fake) Name() string  { return "fake" }
func (f *fake) Model() string { return "fake:1" }
func (f *fake) Embed(_ context.Context, _ provider.Task, texts []provider.Text) ([][]float32, error) {
	f.calls++
	return make([][]float32, len(texts)), f.err
}
func (f *fake) Generate(context.Context, provider.Prompt) (string, error) {
	f.calls++
	return fmt.Sprint("answer ", f.calls), f.err
}
func (f *fake) Stream(_ context.Context, _ provider.Prompt, emit func(string) error) error {
	f.calls++
	if f.err != nil {
		return f.err
	}
	return errors.Join(emit("ans"), emit("wer"))
}

func question(text string) provider.Prompt {
	return provider.Prompt{Question: text, Sources: []provider.Source{{ID: 1, Price: "1.00", Score: 0.7}}}
}

func TestWhatWasAnsweredIsKept(t *testing.T) {
	t.Parallel()
	model := &fake{}
	g := New(model, nil, NewMetrics())
	for range 3 {
		text, err := g.Generate(t.Context(), question("a mug"))
		require.NoError(t, err)
		assert.Equal(t, "answer 1", text)
		_, err = g.Embed(t.Context(), provider.Query, []provider.Text{{Body: "a mug"}})
		require.NoError(t, err)
	}
	assert.Equal(t, 2, model.calls)
	dearer := question("a mug")
	dearer.Sources[0].Price = "2.00"
	_, err := g.Generate(t.Context(), dearer)
	require.NoError(t, err)
	assert.Equal(t, 3, model.calls, "another price is another version of the catalogue")
	_, err = g.Embed(t.Context(), provider.Document, []provider.Text{{Body: "a mug"}})
	require.NoError(t, err)
	assert.Equal(t, 4, model.calls, "documents are embedded once anyway")
	var whole string
	require.NoError(t, g.Stream(t.Context(), question("a jug"), func(piece string) error { whole += piece; return nil }))
	require.NoError(t, g.Stream(t.Context(), question("a jug"), func(piece string) error { whole += piece; return nil }))
	assert.Equal(t, "answeranswer", whole)
	assert.Equal(t, 5, model.calls)
}

func TestAProviderThatIsDownIsLeftAlone(t *testing.T) {
	t.Parallel()
	model := &fake{err: &provider.UnavailableError{Reason: "down"}}
	g := New(model, nil, NewMetrics())
	now := time.Now()
	g.breaker.now = func() time.Time { return now }
	ask := func(n int) error { _, err := g.Generate(t.Context(), question(fmt.Sprint(n))); return err }
	for n := range 20 {
		require.Error(t, ask(n))
	}
	assert.Equal(t, tooMany, model.calls, "and nobody waits for it")
	now = now.Add(rest)
	require.Error(t, ask(21))
	require.Error(t, ask(22))
	assert.Equal(t, tooMany+1, model.calls, "one call finds out whether it is back")
	now = now.Add(rest)
	model.err = nil
	require.NoError(t, ask(23))
	require.NoError(t, ask(24))
	model.err = &provider.QuotaError{RetryAfter: time.Second}
	for n := range 2 * tooMany {
		var quota *provider.QuotaError
		require.ErrorAs(t, ask(30+n), &quota, "a quota is an answer")
	}
}

type purse struct{ left int }

func (p *purse) Allow(context.Context) error {
	if p.left--; p.left < 0 {
		return errors.New("spent")
	}
	return nil
}
func (p *purse) Spend(provider.Usage) {}

func TestABudgetEndsTheSpending(t *testing.T) {
	t.Parallel()
	model := &fake{}
	g := New(model, &purse{left: 3}, NewMetrics())
	for n := range 10 {
		_, err := g.Generate(t.Context(), question(fmt.Sprint(n)))
		assert.Equal(t, n >= 3, err != nil)
	}
	assert.Equal(t, 3, model.calls)
	_, err := g.Generate(t.Context(), question("0"))
	require.NoError(t, err, "what is kept costs nothing")
}

func TestKeptForgetsTheOldest(t *testing.T) {
	t.Parallel()
	k := newKept[int](2, 0)
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
