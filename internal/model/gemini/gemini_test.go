package gemini

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/geministub"
)

const testKey = "AIzaSy-test-key-0123456789"

// start returns a provider and the stand-in that it calls over HTTP.
func start(t *testing.T, change ...func(*Settings)) (*Provider, *geministub.Server) {
	t.Helper()
	stub := geministub.New()
	t.Cleanup(stub.Close)
	stub.RequireKey(testKey)
	return connect(t, stub.URL(), change...), stub
}

func connect(t *testing.T, url string, change ...func(*Settings)) *Provider {
	t.Helper()
	settings := Settings{APIKey: testKey, Endpoint: url, Timeout: 5 * time.Second}
	for _, f := range change {
		f(&settings)
	}
	p, err := New(t.Context(), settings)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	p.caller.Backoff = 2 * time.Millisecond
	return p
}

func timeout(d time.Duration) func(*Settings) { return func(s *Settings) { s.Timeout = d } }

func documents(n int) []model.Text {
	texts := make([]model.Text, n)
	for i := range texts {
		texts[i] = model.Text{
			Title: fmt.Sprintf("Product %d", i),
			Body:  fmt.Sprintf("number %d of the list", i),
		}
	}
	return texts
}

func length(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// New: settings that cannot work are named.
func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		names    string
	}{
		"no key":              {Settings{}, "GEMINI_API_KEY"},
		"key of two lines":    {Settings{APIKey: "a\nb"}, "GEMINI_API_KEY"},
		"too many dimensions": {Settings{APIKey: testKey, Dimensions: 769}, "RAG_EMBEDDING_DIM"},
		"too few dimensions":  {Settings{APIKey: testKey, Dimensions: 64}, "RAG_EMBEDDING_DIM"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(t.Context(), c.settings)
			var config *model.ConfigError
			require.ErrorAs(t, err, &config)
			assert.Equal(t, c.names, config.Setting)
		})
	}
	t.Run("defaults", func(t *testing.T) {
		p := connect(t, "")
		assert.Equal(t, "gemini", p.Name())
		assert.Equal(t, "gemini:models/gemini-embedding-001@768", p.Model())
		assert.Equal(t, "models/gemini-2.5-flash", p.generation.model)
	})
	t.Run("short names", func(t *testing.T) {
		p := connect(
			t, "", func(s *Settings) { s.EmbeddingModel, s.Dimensions = "gemini-embedding-2", 256 },
		)
		assert.Equal(t, "gemini:models/gemini-embedding-2@256", p.Model())
	})
}

// Embed: one question.
func TestEmbedOneQuery(t *testing.T) {
	p, stub := start(t)
	vectors, err := p.Embed(
		t.Context(), model.Query, []model.Text{{Title: "ignored", Body: " red shoes "}},
	)
	require.NoError(t, err)
	require.Len(t, vectors, 1)
	assert.Len(t, vectors[0], model.Dimensions)
	assert.InDelta(t, 1, length(vectors[0]), 1e-5)

	request, ok := stub.Last(geministub.EmbedContent)
	require.True(t, ok)
	assert.Equal(
		t, []geministub.Embedded{{TaskType: "RETRIEVAL_QUERY", Text: "red shoes", Dimensions: 768}},
		request.Texts,
	)
	assert.Zero(t, stub.Calls(geministub.BatchEmbedContents))
}

// Embed: a hundred documents in one call.
func TestEmbedKeepsTheOrderOfABatch(t *testing.T) {
	p, stub := start(t)
	texts := documents(100)
	vectors, err := p.Embed(t.Context(), model.Document, texts)
	require.NoError(t, err)
	require.Len(t, vectors, 100)
	assert.Equal(t, 1, stub.Calls(geministub.BatchEmbedContents))
	request, _ := stub.Last(geministub.BatchEmbedContents)
	assert.Equal(
		t,
		geministub.Embedded{
			TaskType:   "RETRIEVAL_DOCUMENT",
			Title:      "Product 7",
			Text:       "number 7 of the list",
			Dimensions: 768,
		},
		request.Texts[7],
	)

	for _, i := range []int{0, 41, 99} {
		alone, err := p.Embed(t.Context(), model.Document, texts[i:i+1])
		require.NoError(t, err)
		assert.InDeltaSlice(t, alone[0], vectors[i], 1e-6)
	}
}

// Embed: more than one call takes.
func TestEmbedSplitsManyTextsIntoCalls(t *testing.T) {
	p, stub := start(t)
	vectors, err := p.Embed(t.Context(), model.Document, documents(130))
	require.NoError(t, err)
	assert.Len(t, vectors, 130)
	assert.Equal(t, 2, stub.Calls(geministub.BatchEmbedContents))

	stub.Reset()
	long := make([]model.Text, 100) // 100 × 8,000 characters that are six bytes each on the wire
	for i := range long {
		long[i] = model.Text{Body: strings.Repeat("\x01", 9_000)}
	}
	_, err = p.Embed(t.Context(), model.Document, long)
	require.NoError(t, err)
	assert.Equal(t, 2, stub.Calls(geministub.BatchEmbedContents))
	assert.Equal(t, 100, stub.Items())
	for _, request := range stub.Requests() {
		assert.Less(t, len(request.Body), 4<<20)
	}
}

// Embed: empty and broken text.
func TestEmbedTakesAnyText(t *testing.T) {
	p, stub := start(t)
	vectors, err := p.Embed(t.Context(), model.Document, []model.Text{
		{},
		{Title: "only a title"},
		{Body: "broken \xff UTF-8 \x00 and control"},
	})
	require.NoError(t, err)
	for _, vector := range vectors {
		assert.InDelta(t, 1, length(vector), 1e-5, "never zeros")
	}
	request, _ := stub.Last(geministub.BatchEmbedContents)
	assert.Equal(t, noText, request.Texts[0].Text)
	assert.Equal(t, "only a title", request.Texts[1].Text)

	none, err := p.Embed(t.Context(), model.Document, nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

// Embed: vectors of fewer dimensions are padded with zeros.
func TestEmbedPadsShorterVectors(t *testing.T) {
	p, stub := start(t, func(s *Settings) { s.Dimensions = 256 })
	vectors, err := p.Embed(t.Context(), model.Query, []model.Text{{Body: "shoes"}})
	require.NoError(t, err)
	request, _ := stub.Last(geministub.EmbedContent)
	assert.Equal(t, 256, request.Texts[0].Dimensions)
	assert.Len(t, vectors[0], model.Dimensions)
	assert.InDelta(t, 1, length(vectors[0]), 1e-5)
	assert.Equal(t, make([]float32, 512), vectors[0][256:])
}

// Embed: wrong vectors are refused.
func TestEmbedChecksTheVectors(t *testing.T) {
	values := func(n int, value string) geministub.Reply {
		return geministub.Reply{
			Status: 200,
			Body: `{"embedding":{"values":[` + strings.TrimSuffix(
				strings.Repeat(value+",", n), ",",
			) + `]}}`,
		}
	}
	for name, c := range map[string]struct {
		reply geministub.Reply
		fails string
	}{
		"longer is cut": {values(3072, "0.5"), ""},
		"shorter": {
			values(512, "0.5"),
			"RAG_EMBEDDING_DIM: models/gemini-embedding-001 makes vectors of 512 numbers, " +
				"768 are asked for",
		},
		"none":            {geministub.Reply{Status: 200, Body: `{}`}, "RAG_EMBEDDING_DIM"},
		"all zero":        {values(768, "0"), "without a direction"},
		"not a number":    {values(768, `"NaN"`), "without a direction"},
		"infinite":        {values(768, `"Infinity"`), "without a direction"},
		"not JSON at all": {geministub.Reply{Status: 200, Body: `<html>`}, "unreadable answer"},
	} {
		t.Run(name, func(t *testing.T) {
			p, stub := start(t)
			stub.Next(geministub.EmbedContent, 1, c.reply)
			vectors, err := p.Embed(t.Context(), model.Query, []model.Text{{Body: "shoes"}})
			if c.fails != "" {
				assert.ErrorContains(t, err, c.fails)
				assert.Equal(
					t, 1, stub.Calls(geministub.EmbedContent), "asking again would not help",
				)
				return
			}
			require.NoError(t, err)
			assert.Len(t, vectors[0], model.Dimensions)
			assert.InDelta(t, 1, length(vectors[0]), 1e-5)
		})
	}
	t.Run("too few vectors", func(t *testing.T) {
		p, stub := start(t)
		stub.Next(
			geministub.BatchEmbedContents, 1,
			geministub.Reply{Status: 200, Body: `{"embeddings":[]}`},
		)
		_, err := p.Embed(t.Context(), model.Document, documents(2))
		assert.ErrorContains(t, err, "0 vectors for 2 texts")
	})
}
