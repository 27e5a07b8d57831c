// Package openai asks an API that speaks like OpenAI's for vectors and answers: OpenAI itself, or Ollama, vLLM, llama.cpp
// and others, which differ in what they take. So only what all of them know is sent, and what they answer is checked:
// vectors are put in the order of their index, cut or filled up to the length stored, and normalised.
package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/assistant/provider"
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

// Settings of the provider. All may be empty: most servers of one's own want no key.
type Settings struct {
	APIKey          string
	BaseURL         string // with the version, such as http://localhost:11434/v1
	EmbeddingModel  string
	GenerationModel string
	Timeout         time.Duration // of one call with all its attempts
	// QueryPrefix and DocumentPrefix stand before what is embedded, for models that want to be told ("search_query: ").
	QueryPrefix, DocumentPrefix string
	Used                        func(provider.Usage) // hears what each call cost; may be nil
}

var _ provider.Model = (*Provider)(nil)

// Provider is a provider.Model. It is safe for concurrent use.
type Provider struct {
	settings Settings
	client   *http.Client
	backoff  time.Duration // the first pause between attempts; doubles
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
		s.Used = func(provider.Usage) {}
	}
	address, err := url.Parse(s.BaseURL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" || address.User != nil {
		return nil, &provider.ConfigError{Setting: settingBaseURL, Reason: "is no http or https address"}
	}
	if s.APIKey == "" && s.BaseURL == DefaultBaseURL {
		return nil, &provider.ConfigError{Setting: settingKey, Reason: "not set, and OPENAI_BASE_URL names no other server"}
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 16
	return &Provider{s, &http.Client{
		Transport: base,
		// Following a redirect would hand the key to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, 250 * time.Millisecond}, nil
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
	return fmt.Sprintf("openai:%s@%d", p.settings.EmbeddingModel, provider.Dimensions)
}

// failure is an answer other than 200.
type failure struct {
	status int
	header http.Header
	body   []byte
}

func (f *failure) Error() string { return fmt.Sprintf("HTTP status %d", f.status) }

// refusal is what a failure's body says; servers agree on little of it.
type refusal struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    any    `json:"code"` // a word, or a number
}

func (f *failure) read() (r refusal) {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(f.body, &body) != nil || json.Unmarshal(body.Error, &r) == nil {
		return r
	}
	_ = json.Unmarshal(body.Error, &r.Message) // Ollama's own way: {"error": "text"}
	return r
}

// brokenStream keeps an error from being tried again: a part of the answer is out already.
type brokenStream struct{ error }

// call runs one operation within the timeout, and again after what may pass: 500, 502, 503, 504 and broken connections.
// Both operations only read, so trying again is safe; it costs tokens at most.
func (p *Provider) call(parent context.Context, retries int, setting, model string, operation func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, p.settings.Timeout)
	defer cancel()
	var err error
	for attempt := 0; ; attempt++ {
		if err = operation(ctx); err == nil {
			return nil
		}
		if attempt == retries || ctx.Err() != nil || !mayPass(err) || !p.pause(ctx, attempt) {
			break
		}
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	if ctx.Err() != nil {
		return &provider.UnavailableError{Reason: "no answer within " + p.settings.Timeout.String()}
	}
	return p.explain(err, setting, model)
}

// pause waits before the next attempt, unless less than a third of the timeout would be left for it.
func (p *Provider) pause(ctx context.Context, attempt int) bool {
	wait := p.backoff << attempt
	wait = wait/2 + rand.N(wait/2+1)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait+p.settings.Timeout/3 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func mayPass(err error) bool {
	var f *failure
	if errors.As(err, &f) {
		switch f.status {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var broken *url.Error
	return errors.As(err, &broken)
}

// explain turns any error of a call into one of package provider's.
func (p *Provider) explain(err error, setting, model string) error {
	var stream brokenStream
	if errors.As(err, &stream) {
		err = stream.error
	}
	var config *provider.ConfigError
	var out *provider.UnavailableError
	var f *failure
	var broken *url.Error
	switch {
	case errors.Is(err, provider.ErrBlocked), errors.As(err, &config), errors.As(err, &out):
		return err
	case errors.As(err, &broken): // its own text has the address
		return &provider.UnavailableError{Reason: p.oneLine("connection failed: " + broken.Err.Error())}
	case !errors.As(err, &f):
		return &provider.UnavailableError{Reason: p.oneLine("unreadable answer: " + err.Error())}
	}
	r := f.read()
	said := p.oneLine(cmp.Or(r.Message, f.Error()))
	switch {
	case f.status == http.StatusTooManyRequests:
		return quota(f, r)
	case f.status == http.StatusUnauthorized, f.status == http.StatusForbidden:
		return &provider.ConfigError{Setting: settingKey, Reason: "refused: " + said}
	case f.status == http.StatusNotFound:
		return &provider.ConfigError{Setting: setting, Reason: fmt.Sprintf("%s is not available, name another model: %s", model, said)}
	case f.status == http.StatusRequestTimeout, f.status >= 500:
		return &provider.UnavailableError{Reason: fmt.Sprintf("status %d: %s", f.status, said)}
	case r.Code == "content_filter" || r.Code == "content_policy_violation":
		return fmt.Errorf("%w (%s)", provider.ErrBlocked, said)
	}
	return &provider.ConfigError{Setting: setting, Reason: fmt.Sprintf("%s refused the request (status %d): %s", model, f.status, said)}
}

// How long to wait when a server does not say, and when the account has no money left.
const (
	minuteQuota = time.Minute
	spentQuota  = time.Hour
)

func quota(f *failure, r refusal) error {
	if r.Code == "insufficient_quota" || r.Type == "insufficient_quota" {
		return &provider.QuotaError{RetryAfter: spentQuota, Daily: true}
	}
	wait := minuteQuota
	if ms, err := strconv.ParseFloat(f.header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		wait = time.Duration(ms * float64(time.Millisecond))
	} else if s, err := strconv.ParseFloat(f.header.Get("Retry-After"), 64); err == nil && s > 0 {
		wait = time.Duration(s * float64(time.Second))
	}
	return &provider.QuotaError{RetryAfter: max(time.Second, (wait + time.Second - 1).Truncate(time.Second))}
}

// oneLine makes a foreign text fit for a log line. Servers quote the key in their messages.
func (p *Provider) oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if p.settings.APIKey != "" {
		s = strings.ReplaceAll(s, p.settings.APIKey, "[key]")
	}
	return provider.Cut(s, 300)
}

// post sends a request and answers the body of a 200.
func (p *Provider) post(ctx context.Context, path string, body any) (io.ReadCloser, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.settings.BaseURL+path, bytes.NewReader(sent))
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
	return nil, &failure{res.StatusCode, res.Header, text}
}
