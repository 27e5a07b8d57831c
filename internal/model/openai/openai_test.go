package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model"
)

// standIn is a server with the API of OpenAI.
type standIn struct {
	t        *testing.T
	calls    atomic.Int64
	answer   func(w http.ResponseWriter, call int64) bool // false: send the usual response
	lastBody map[string]any
	length   int // of vectors
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := s.calls.Add(1)
	if r.Header.Get("Authorization") != "Bearer sk-secret" || r.URL.RawQuery != "" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"message":"Incorrect API key provided: sk-secret.",`+
			`"type":"invalid_request_error","code":"invalid_api_key"}}`)
		return
	}
	s.lastBody = nil
	assert.NoError(s.t, json.NewDecoder(r.Body).Decode(&s.lastBody))
	if s.answer != nil && s.answer(w, call) {
		return
	}
	switch r.URL.Path {
	case "/v1/embeddings":
		input := s.lastBody["input"].([]any)
		assert.LessOrEqual(s.t, len(input), model.MaxBatch)
		data := []map[string]any{}
		for i := range input { // in reverse: the client restores the order
			n := len(input) - 1 - i
			vector := make([]float64, s.length)
			vector[n%s.length], vector[s.length-1] = 3, 0.5
			data = append(data, map[string]any{"index": n, "embedding": vector})
		}
		_ = json.NewEncoder(w).
			Encode(map[string]any{"data": data, "usage": map[string]int{"prompt_tokens": 7}})
	case "/v1/chat/completions":
		if s.lastBody["stream"] != true {
			fmt.Fprint(w, `{"choices":[{"message":{"content":" The mug is 14.00 USD [#1]. "},`+
				`"finish_reason":"stop"}],"usage":{"prompt_tokens":90,"completion_tokens":9}}`)
			return
		}
		for _, piece := range []string{
			`{"choices":[{"delta":{"role":"assistant"}}]}`,
			`{"choices":[{"delta":{"content":"The mug "}}]}`,
			`{"choices":[{"delta":{"content":"is 14.00 USD."},"finish_reason":"stop"}]}`,
			`{"choices":[],"usage":{"prompt_tokens":90,"completion_tokens":9}}`,
			`[DONE]`,
		} {
			fmt.Fprintf(w, "data: %s\n\n", piece)
		}
	default:
		http.NotFound(w, r)
	}
}

func start(t *testing.T) (*Provider, *standIn, *[]model.Usage) {
	t.Helper()
	s := &standIn{t: t, length: 1536}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	var used []model.Usage
	p, err := New(
		Settings{
			APIKey:         "sk-secret",
			BaseURL:        server.URL + "/v1",
			Timeout:        2 * time.Second,
			QueryPrefix:    "search_query: ",
			DocumentPrefix: "search_document: ",
			Used:           func(u model.Usage) { used = append(used, u) },
		},
	)
	require.NoError(t, err)
	p.caller.Backoff = time.Millisecond
	return p, s, &used
}

var asked = model.Prompt{
	Question: "a mug?",
	Sources:  []model.Source{{ID: 1, Name: "Mug", Price: "14.00", Currency: "USD"}},
}

// Embed: batches, their order, and the tokens used.
func TestEmbed(t *testing.T) {
	t.Parallel()
	p, s, used := start(t)
	texts := make([]model.Text, 150)
	for i := range texts {
		texts[i] = model.Text{Title: "Mug", Body: fmt.Sprint(i)}
	}
	vectors, err := p.Embed(t.Context(), model.Document, texts)
	require.NoError(t, err)
	require.Len(t, vectors, 150)
	for i, v := range vectors {
		require.Len(t, v, model.Dimensions)
		assert.Positive(t, v[i%100], "in order")
		var square float64
		for _, x := range v {
			square += float64(x) * float64(x)
		}
		assert.InDelta(t, 1, math.Sqrt(square), 1e-6)
	}
	assert.Equal(t, int64(2), s.calls.Load(), "a hundred at a time")
	assert.Equal(t, "search_document: Mug\n149", s.lastBody["input"].([]any)[49])
	assert.Equal(t, model.Usage{Call: "embed", Texts: 50, Input: 7}, (*used)[1])
	s.length = 384 // a small model
	vectors, err = p.Embed(t.Context(), model.Query, []model.Text{{Body: "mug"}})
	require.NoError(t, err)
	assert.Len(t, vectors[0], model.Dimensions, "filled up")
	assert.Equal(t, "search_query: mug", s.lastBody["input"].([]any)[0])
}

// Generate, Stream: the request, the text and the tokens used.
func TestGenerateAndStream(t *testing.T) {
	t.Parallel()
	p, s, used := start(t)
	text, err := p.Generate(t.Context(), asked)
	require.NoError(t, err)
	assert.Equal(t, "The mug is 14.00 USD [#1].", text)
	messages := s.lastBody["messages"].([]any)
	require.Len(t, messages, 2, "rules and one turn of the user; none of the model")
	assert.Contains(t, fmt.Sprint(messages[1]), `[#1] {"name":"Mug"`)
	var pieces []string
	require.NoError(
		t,
		p.Stream(
			t.Context(), asked,
			func(piece string) error { pieces = append(pieces, piece); return nil },
		),
	)
	assert.Equal(t, []string{"The mug ", "is 14.00 USD."}, pieces)
	assert.Equal(
		t,
		[]model.Usage{
			{Call: "generate", Input: 90, Output: 9},
			{Call: "generate", Input: 90, Output: 9},
		},
		*used,
	)
	stop := errors.New("gone")
	require.ErrorIs(t, p.Stream(t.Context(), asked, func(string) error { return stop }), stop)
}

// Generate: quotas, outages and wrong settings are told apart.
func TestWhatGoesWrong(t *testing.T) {
	t.Parallel()
	reply := func(status int, header, body string) func(http.ResponseWriter, int64) bool {
		return func(w http.ResponseWriter, _ int64) bool {
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	generate := func(p *Provider) error { _, err := p.Generate(t.Context(), asked); return err }
	stream := func(p *Provider) error {
		return p.Stream(t.Context(), asked, func(string) error { return nil })
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, int64) bool
		call   func(*Provider) error
		want   string
		calls  int64
	}{
		"quota": {
			reply(
				429, "Retry-After: 7",
				`{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`,
			),
			generate, "retry after 7s", 1,
		},
		"no money": {
			reply(429, "", `{"error":{"message":"pay","code":"insufficient_quota"}}`),
			generate, "retry after 1h0m0s", 1,
		},
		"model": {
			reply(404, "", `{"error":"model 'x' not found"}`),
			generate, "RAG_GENERATION_MODEL: gpt-4o-mini is not available", 1,
		},
		"down": {reply(503, "", `<html>`), generate, "unavailable: status 503", 2},
		"bad request": {
			reply(400, "", `{"error":{"message":"no"}}`),
			generate, "refused the request (status 400): no", 1,
		},
		"filter": {
			reply(
				200, "",
				`{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}`,
			),
			generate, "declined", 1,
		},
		"error in a 200": {
			reply(200, "", `{"error":{"message":"oops"}}`), generate, "oops", 2,
		},
		"cut stream": {
			reply(200, "", `data: {"choices":[{"delta":{"content":"The"}}]}`+"\n\n"),
			stream, "the stream was cut", 1,
		},
		"error in a stream": {
			reply(200, "", `data: {"error":{"message":"oops"}}`+"\n\n"), stream, "oops", 2,
		},
		"length of a stream": {
			reply(
				200, "",
				`data: {"choices":[{"delta":{"content":"The"},"finish_reason":"length"}]}`+
					"\n\ndata: [DONE]\n\n",
			),
			stream, "output tokens", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, _ := start(t)
			s.answer = c.answer
			err := c.call(p)
			require.ErrorContains(t, err, c.want)
			assert.Equal(
				t, c.calls, s.calls.Load(), "tried again only where that is safe and may help",
			)
		})
	}
}

// New, Generate: keys and addresses that are wrong.
func TestKeysAndAddresses(t *testing.T) {
	t.Parallel()
	_, s, _ := start(t)
	server := httptest.NewServer(s)
	defer server.Close()
	p, err := New(Settings{APIKey: "sk-wrong", BaseURL: server.URL + "/v1"})
	require.NoError(t, err)
	_, err = p.Generate(t.Context(), asked)
	var config *model.ConfigError
	require.ErrorAs(t, err, &config)
	assert.Equal(t, "OPENAI_API_KEY", config.Setting)
	_, err = New(Settings{})
	require.ErrorContains(t, err, "OPENAI_API_KEY")
	_, err = New(Settings{BaseURL: "localhost:11434"})
	require.ErrorContains(t, err, "OPENAI_BASE_URL")
	gone, err := New(Settings{BaseURL: "http://127.0.0.1:1/v1", APIKey: "sk-secret"})
	require.NoError(t, err)
	gone.caller.Backoff = time.Millisecond
	_, err = gone.Generate(t.Context(), asked)
	require.ErrorContains(t, err, "connection failed")
	assert.NotContains(t, err.Error(), "sk-secret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = gone.Generate(ctx, asked)
	require.ErrorIs(t, err, context.Canceled)
}
