// Package openai is a model provider for the API of OpenAI and of compatible servers: Ollama, vLLM,
// llama.cpp and others. These differ in details, so it sends only fields that all of them know, and
// checks their responses: it sorts vectors by index, cuts or pads them to the stored length, and
// normalises them.
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

// Defaults of empty settings.
const (
	DefaultBaseURL         = "https://api.openai.com/v1"
	DefaultEmbeddingModel  = "text-embedding-3-small"
	DefaultGenerationModel = "gpt-4o-mini"
	DefaultTimeout         = 30 * time.Second
)

// Names of environment variables, for errors.
const (
	settingKey             = "OPENAI_API_KEY"
	settingBaseURL         = "OPENAI_BASE_URL"
	settingEmbeddingModel  = "RAG_EMBEDDING_MODEL"
	settingGenerationModel = "RAG_GENERATION_MODEL"
)

// Limits of responses, in bytes.
const (
	maxResponse = 32 << 20
	maxRefusal  = 64 << 10
)

// Settings are the settings of the model. All may be empty if BaseURL is set: most self-hosted
// servers need no key.
type Settings struct {
	APIKey          string
	BaseURL         string // with the version, such as http://localhost:11434/v1
	EmbeddingModel  string
	GenerationModel string
	Timeout         time.Duration // of one call with all its attempts
	// QueryPrefix and DocumentPrefix are put before the texts to embed, for models that expect it
	// ("search_query: ").
	QueryPrefix, DocumentPrefix string
	// Used, if set, is called with the cost of each call.
	Used func(model.Usage)
}

var _ model.Model = (*Provider)(nil)

// Provider is a model.Model. It is safe for concurrent use.
type Provider struct {
	settings Settings
	client   *http.Client
	caller   model.Caller
}

// New returns a provider, or the error of wrong settings. It sends nothing, so a wrong key is found
// by the first call.
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
	client := &http.Client{
		Transport: base,
		// Following a redirect would send the key to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	caller := model.Caller{Timeout: s.Timeout, Backoff: 250 * time.Millisecond, Key: s.APIKey}
	return &Provider{s, client, caller}, nil
}

// Close closes the connections.
func (p *Provider) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

// Name implements model.Generator.
func (p *Provider) Name() string { return "openai" }

// Model implements model.Embedder. Models of the same name on different servers count as the same.
func (p *Provider) Model() string {
	return fmt.Sprintf("openai:%s@%d", p.settings.EmbeddingModel, model.Dimensions)
}

// call runs one operation of a model, with retries. setting and name are those of the model.
func (p *Provider) call(
	ctx context.Context, retries int, setting, name string, operation func(context.Context) error,
) error {
	return p.caller.Call(
		ctx, retries, func(f *model.Failure) error { return p.explain(f, setting, name) },
		operation,
	)
}

// post sends a request and returns the body of a response with status 200.
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
