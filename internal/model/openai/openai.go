// Package openai asks an API that speaks like OpenAI's for vectors and answers: OpenAI itself, or
// Ollama, vLLM, llama.cpp and others, which differ in what they take. So only what all of them know
// is sent, and what they answer is checked: vectors are put in the order of their index, cut or
// filled up to the length stored, and normalised.
package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// What an empty setting means.
const (
	DefaultBaseURL         = "https://api.openai.com/v1"
	DefaultEmbeddingModel  = "text-embedding-3-small"
	DefaultGenerationModel = "gpt-4o-mini"
	DefaultTimeout         = 30 * time.Second
)

// The environment variables that errors name.
const (
	settingKey             = "OPENAI_API_KEY"
	settingBaseURL         = "OPENAI_BASE_URL"
	settingEmbeddingModel  = "RAG_EMBEDDING_MODEL"
	settingGenerationModel = "RAG_GENERATION_MODEL"
)

// Limits of what is read of an answer, in bytes.
const (
	maxResponse = 32 << 20
	maxRefusal  = 64 << 10
)

// Settings of the model. All may be empty: most servers of one's own want no key.
type Settings struct {
	APIKey          string
	BaseURL         string // with the version, such as http://localhost:11434/v1
	EmbeddingModel  string
	GenerationModel string
	Timeout         time.Duration // of one call with all its attempts
	// QueryPrefix and DocumentPrefix stand before what is embedded, for models that expect it
	// ("search_query: ").
	QueryPrefix, DocumentPrefix string
	Used                        func(model.Usage) // is called with the cost of each call; may be nil
}

var _ model.Model = (*Provider)(nil)

// Provider is a model.Model. It is safe for concurrent use.
type Provider struct {
	settings Settings
	client   *http.Client
	caller   model.Caller
}

// New checks the settings. It sends nothing: a wrong key shows at the first call.
func New(s Settings) (*Provider, error) {
	s.APIKey = strings.TrimSpace(s.APIKey)
	s.BaseURL = strings.TrimRight(cmp.Or(s.BaseURL, DefaultBaseURL), "/")
	s.EmbeddingModel = cmp.Or(s.EmbeddingModel, DefaultEmbeddingModel)
	s.GenerationModel = cmp.Or(s.GenerationModel, DefaultGenerationModel)
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Used == nil {
		s.Used = func(model.Usage) {}
	}
	address, err := url.Parse(s.BaseURL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" ||
		address.User != nil {
		return nil, &model.ConfigError{
			Setting: settingBaseURL,
			Reason:  "is no http or https address",
		}
	}
	if s.APIKey == "" && s.BaseURL == DefaultBaseURL {
		return nil, &model.ConfigError{
			Setting: settingKey,
			Reason:  "not set, and OPENAI_BASE_URL names no other server",
		}
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 16
	return &Provider{s, &http.Client{
		Transport: base,
		// Following a redirect would hand the key to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, model.Caller{Timeout: s.Timeout, Backoff: 250 * time.Millisecond, Key: s.APIKey}}, nil
}

// Close releases the connections.
func (p *Provider) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

// Name is what clients see in X-Assistant-Provider.
func (p *Provider) Name() string { return "openai" }

// Model names the vector space. Two servers that call a model the same are taken to mean the same.
func (p *Provider) Model() string {
	return fmt.Sprintf("openai:%s@%d", p.settings.EmbeddingModel, model.Dimensions)
}

// call runs one operation of a model, and again after what may pass; setting names the model.
func (p *Provider) call(
	ctx context.Context, retries int, setting, name string, operation func(context.Context) error,
) error {
	return p.caller.Call(
		ctx, retries, func(f *model.Failure) error { return p.explain(f, setting, name) },
		operation,
	)
}

// post sends a request and answers the body of a 200.
func (p *Provider) post(ctx context.Context, path string, body any) (io.ReadCloser, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, p.settings.BaseURL+path, bytes.NewReader(sent),
	)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.settings.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+p.settings.APIKey)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	return nil, &model.Failure{Status: res.StatusCode, Header: res.Header, Body: text}
}
