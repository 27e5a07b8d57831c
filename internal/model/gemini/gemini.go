// Package gemini asks Google's Gemini API for vectors and answers.
//
// Answers go through github.com/google/generative-ai-go. Vectors go through the client that package
// is built on, because only that one can ask for a number of dimensions. Both share one HTTP
// client, whose transport carries the key as a header (never in a URL, so never in an error string)
// and turns every refusal into a Go error before an SDK sees it, which also takes away the SDKs'
// own retry of 503: it runs until the context ends. How often to try again is decided by
// model.Caller instead.
//
// Streams are read here as well (stream.go): the SDK takes one that was cut for complete.
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

// What an empty setting means.
const (
	DefaultEmbeddingModel  = "models/gemini-embedding-001"
	DefaultGenerationModel = "gemini-2.5-flash"
	DefaultTimeout         = 30 * time.Second
)

// googleEndpoint is where the SDKs send their calls.
const googleEndpoint = "https://generativelanguage.googleapis.com"

// minDimensions is the least gemini-embedding-001 makes.
const minDimensions = 128

// The environment variables that errors name.
const (
	settingKey             = "GEMINI_API_KEY"
	settingEmbeddingModel  = "RAG_EMBEDDING_MODEL"
	settingGenerationModel = "RAG_GENERATION_MODEL"
	settingDimensions      = "RAG_EMBEDDING_DIM"
)

// Settings of the model. Only APIKey is required.
type Settings struct {
	APIKey          string
	EmbeddingModel  string
	GenerationModel string
	Dimensions      int               // 128 to model.Dimensions; 0 means model.Dimensions
	Timeout         time.Duration     // of one Embed or Generate with all its attempts
	Endpoint        string            // for a stand-in, such as http://127.0.0.1:9000; empty means Google's
	Used            func(model.Usage) // is called with the cost of each call; may be nil
}

var (
	_ model.Embedder  = (*Provider)(nil)
	_ model.Generator = (*Provider)(nil)
)

// Provider is a model.Embedder and a model.Generator. It is safe for concurrent use. Make one per
// process: the SDK opens a gRPC connection that its Close leaves behind.
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

// target is the model a call is for and the setting that names it.
type target struct{ setting, model string }

// New checks the settings and makes the clients. It sends nothing: a wrong key shows at the first
// call.
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
		// The SDK insists on a key, for a cache client that is never used here. The real one is
		// known to the transport alone, so nothing the SDK prints can hold it.
		option.WithAPIKey("sent-as-a-header"),
		option.WithHTTPClient(&http.Client{
			Transport: p.transport,
			// Following a redirect would hand the key to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
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

// Close releases the connections. No call may be running or follow.
func (p *Provider) Close() error {
	p.transport.base.CloseIdleConnections()
	return errors.Join(p.embedder.Close(), p.writer.Close())
}

// Name is what clients see in X-Assistant-Provider.
func (p *Provider) Name() string { return "gemini" }

// Model names the vector space: the same model cut to another length is another space.
func (p *Provider) Model() string {
	return fmt.Sprintf("gemini:%s@%d", p.embedding.model, p.dimensions)
}

// complete fills in the defaults and refuses what could never work.
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
			Reason:  "holds spaces or characters no key has",
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

// How often a call is tried again. A person waits for an answer, a worker for vectors.
const (
	embedRetries    = 2
	generateRetries = 1
)

// call runs one operation of a model, and again after what may pass.
func (p *Provider) call(
	ctx context.Context, to target, retries int, operation func(context.Context) error,
) error {
	return p.caller.Call(
		ctx, retries, func(f *model.Failure) error { return p.explain(f, to) }, operation,
	)
}

// modelName is the resource name of a model: both "gemini-x" and "models/gemini-x" are in use.
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
