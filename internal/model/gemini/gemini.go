// Package gemini is a model provider for Google's Gemini API.
//
// Answers are generated through github.com/google/generative-ai-go. Vectors are made through the
// client below it, which alone can request a number of dimensions. Both use one HTTP client. Its
// transport sends the key as a header, never in a URL, so that no error text contains it. It also
// returns every refusal as a Go error, before an SDK sees it: the SDKs would retry a 503 until the
// context ends. model.Caller retries instead.
//
// Streams are read here as well (stream.go), since the SDK treats a stream that was cut as
// complete.
package gemini

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	gl "cloud.google.com/go/ai/generativelanguage/apiv1beta"
	"github.com/google/generative-ai-go/genai"
	"google.golang.org/api/option"

	"github.com/shopd/shopd/internal/model"
)

// Defaults of empty settings.
const (
	DefaultEmbeddingModel  = "models/gemini-embedding-001"
	DefaultGenerationModel = "gemini-2.5-flash"
	DefaultTimeout         = 30 * time.Second
)

// googleEndpoint is the address to which the SDKs send their calls.
const googleEndpoint = "https://generativelanguage.googleapis.com"

// minDimensions is the least number of dimensions of gemini-embedding-001.
const minDimensions = 128

// Names of environment variables, for errors.
const (
	settingKey             = "GEMINI_API_KEY"
	settingEmbeddingModel  = "RAG_EMBEDDING_MODEL"
	settingGenerationModel = "RAG_GENERATION_MODEL"
	settingDimensions      = "RAG_EMBEDDING_DIM"
)

// Settings are the settings of the models. Only APIKey is required.
type Settings struct {
	APIKey          string
	EmbeddingModel  string
	GenerationModel string
	Dimensions      int           // 128 to model.Dimensions; 0 means model.Dimensions
	Timeout         time.Duration // of one Embed or Generate with all its attempts
	// Endpoint is the address of a stand-in, such as http://127.0.0.1:9000; empty means Google's.
	Endpoint string
	// Used, if set, is called with the cost of each call.
	Used func(model.Usage)
}

var (
	_ model.Embedder  = (*Provider)(nil)
	_ model.Generator = (*Provider)(nil)
)

// Provider is a model.Embedder and a model.Generator. It is safe for concurrent use. A process
// should have only one: the SDK opens a gRPC connection that its Close does not close.
type Provider struct {
	embedding  target
	generation target
	dimensions int
	caller     model.Caller

	endpoint  string
	used      func(model.Usage)
	transport *transport
	embedder  *gl.GenerativeClient
	writer    *genai.Client

	now func() time.Time // for the reset of daily quotas
}

// target is the model of a call, and the setting with its name.
type target struct{ setting, model string }

// New returns a provider, or the error of wrong settings. It sends nothing, so a wrong key is found
// by the first call.
func New(ctx context.Context, s Settings) (*Provider, error) {
	s, err := s.complete()
	if err != nil {
		return nil, err
	}
	p := &Provider{
		embedding:  target{settingEmbeddingModel, s.EmbeddingModel},
		generation: target{settingGenerationModel, s.GenerationModel},
		dimensions: s.Dimensions,
		caller: model.Caller{
			Timeout: s.Timeout,
			Backoff: 250 * time.Millisecond,
			Key:     s.APIKey,
		},
		endpoint:  cmp.Or(strings.TrimRight(s.Endpoint, "/"), googleEndpoint),
		used:      s.Used,
		transport: newTransport(s.APIKey, leastThinking(s.GenerationModel)),
		now:       time.Now,
	}
	if p.used == nil {
		p.used = func(model.Usage) {}
	}
	opts := []option.ClientOption{
		// The SDK requires a key, for a cache client that is not used here. Only the transport has
		// the real key, so nothing the SDK prints can contain it.
		option.WithAPIKey("sent-as-a-header"),
		option.WithHTTPClient(&http.Client{
			Transport: p.transport,
			// Following a redirect would send the key to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		}),
	}
	if s.Endpoint != "" {
		opts = append(opts, option.WithEndpoint(strings.TrimRight(s.Endpoint, "/")))
	}
	if p.embedder, err = gl.NewGenerativeRESTClient(ctx, opts...); err != nil {
		return nil, fmt.Errorf("gemini embedding client: %w", err)
	}
	if p.writer, err = genai.NewClient(ctx, opts...); err != nil {
		return nil, fmt.Errorf("gemini generation client: %w", err)
	}
	return p, nil
}

// Close closes the connections. No call may be running or follow.
func (p *Provider) Close() error {
	p.transport.base.CloseIdleConnections()
	return errors.Join(p.embedder.Close(), p.writer.Close())
}

// Name implements model.Generator.
func (p *Provider) Name() string { return "gemini" }

// Model implements model.Embedder. The same model with another number of dimensions is another
// vector space.
func (p *Provider) Model() string {
	return fmt.Sprintf("gemini:%s@%d", p.embedding.model, p.dimensions)
}

// complete fills in the defaults. It returns an error for settings that can never work.
func (s Settings) complete() (Settings, error) {
	s.APIKey = strings.TrimSpace(s.APIKey)
	if s.APIKey == "" {
		return s, &model.ConfigError{Setting: settingKey, Reason: "not set"}
	}
	if strings.ContainsFunc(
		s.APIKey,
		func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' },
	) {
		return s, &model.ConfigError{
			Setting: settingKey,
			Reason:  "contains spaces or characters that no key has",
		}
	}
	if s.Dimensions == 0 {
		s.Dimensions = model.Dimensions
	}
	if s.Dimensions < minDimensions || s.Dimensions > model.Dimensions {
		return s, &model.ConfigError{
			Setting: settingDimensions,
			Reason: fmt.Sprintf(
				"%d is not between %d and %d", s.Dimensions, minDimensions, model.Dimensions,
			),
		}
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	s.EmbeddingModel = modelName(s.EmbeddingModel, DefaultEmbeddingModel)
	s.GenerationModel = modelName(s.GenerationModel, DefaultGenerationModel)
	return s, nil
}

// How often a call is retried. A person waits for an answer, but not for vectors.
const (
	embedRetries    = 2
	generateRetries = 1
)

// call runs one operation of a model, with retries.
func (p *Provider) call(
	ctx context.Context, to target, retries int, operation func(context.Context) error,
) error {
	return p.caller.Call(
		ctx, retries, func(f *model.Failure) error { return p.explain(f, to) }, operation,
	)
}

// modelName returns the resource name of a model: both "gemini-x" and "models/gemini-x" are in use.
func modelName(name, fallback string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		name = fallback
	}
	if !strings.Contains(name, "/") {
		name = "models/" + name
	}
	return name
}
