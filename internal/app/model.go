package app

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/gemini"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/model/openai"
)

// The defaults of the model settings are Gemini's: left alone, they mean those of another provider
// with it.
const (
	geminiEmbedding  = gemini.DefaultEmbeddingModel
	geminiGeneration = gemini.DefaultGenerationModel
)

// newModel makes the model that the settings name, with RAG_PROVIDER=auto Gemini if there is a key.
// It returns the length of its vectors. A model that costs money is guarded.
func (a *App) newModel(ctx context.Context) (dimensions int, err error) {
	s := a.settings
	dimensions = model.Dimensions
	switch {
	case s.RAGProvider == "local", s.RAGProvider == "auto" && s.GeminiAPIKey == "":
		a.model = local.New()
	case s.RAGProvider == "openai":
		a.model, err = a.newOpenAI(s.RAGEmbeddingModel)
	case s.GeminiAPIKey == "":
		a.model, dimensions = noKey{}, s.RAGEmbeddingDim
	default:
		dimensions = s.RAGEmbeddingDim
		a.model, err = a.newGemini(ctx, s.RAGEmbeddingModel, dimensions)
	}
	return dimensions, err
}

func (a *App) newGemini(
	ctx context.Context, embedding string, dimensions int,
) (model.Model, error) {
	s := a.settings
	used, budget := a.spending("gemini")
	client, err := gemini.New(ctx, gemini.Settings{
		APIKey: s.GeminiAPIKey, EmbeddingModel: embedding, GenerationModel: s.RAGGenerationModel,
		Dimensions: dimensions, Timeout: s.RAGGeminiTimeout, Endpoint: s.GeminiEndpoint, Used: used,
	})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, client.Close)
	return guard.New(client, budget, a.metrics), nil
}

func (a *App) newOpenAI(embedding string) (model.Model, error) {
	s := a.settings
	used, budget := a.spending("openai")
	generation := s.RAGGenerationModel
	if embedding == geminiEmbedding {
		embedding = ""
	}
	if generation == geminiGeneration {
		generation = ""
	}
	client, err := openai.New(openai.Settings{
		APIKey:          s.OpenAIAPIKey,
		BaseURL:         s.OpenAIBaseURL,
		EmbeddingModel:  embedding,
		GenerationModel: generation,
		Timeout:         s.RAGGeminiTimeout,
		QueryPrefix:     s.OpenAIQueryPrefix,
		DocumentPrefix:  s.OpenAIDocumentPrefix,
		Used:            used,
	})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, client.Close)
	return guard.New(client, budget, a.metrics), nil
}

// spending returns what counts the tokens a model uses, and the budget that bounds them.
func (a *App) spending(name string) (func(model.Usage), *guard.Budget) {
	budget := guard.NewBudget(a.pool, a.log, name, a.settings.RAGDailyTokens)
	return func(u model.Usage) {
		a.metrics.Used(name, u)
		budget.Spend(u)
	}, budget
}

// formerModel returns a function that finds the embedder of a model that was set before, by a name
// such as "gemini:models/gemini-embedding-001@768". It is nil if that model is not available.
func (a *App) formerModel() func(name string) model.Embedder {
	var mu sync.Mutex
	made := map[string]model.Embedder{}
	return func(name string) model.Embedder {
		mu.Lock()
		defer mu.Unlock()
		if former, ok := made[name]; ok {
			return former
		}
		former := a.newFormer(name)
		made[name] = former
		return former
	}
}

func (a *App) newFormer(name string) model.Embedder {
	kind, rest, _ := strings.Cut(name, ":")
	embedding, length, _ := strings.Cut(rest, "@")
	dimensions, err := strconv.Atoi(length)
	if err != nil {
		return nil
	}
	var former model.Model
	switch {
	case kind == "gemini" && a.settings.GeminiAPIKey != "":
		former, err = a.newGemini(context.Background(), embedding, dimensions)
	case kind == "openai" && a.settings.RAGProvider == "openai":
		former, err = a.newOpenAI(embedding)
	default:
		return nil
	}
	if err != nil || former.Model() != name {
		return nil
	}
	return former
}

// noKey is Gemini without a key: the shop runs, and the assistant returns errNoKey.
type noKey struct{}

var errNoKey = &model.ConfigError{
	Setting: "GEMINI_API_KEY",
	Reason:  "not set, and RAG_PROVIDER is gemini; set it, or RAG_PROVIDER=local",
}

func (noKey) Name() string  { return "gemini" }
func (noKey) Model() string { return "gemini:none" }

func (noKey) Embed(context.Context, model.Task, []model.Text) ([][]float32, error) {
	return nil, errNoKey
}

func (noKey) Generate(context.Context, model.Prompt) (string, error) { return "", errNoKey }

func (noKey) Stream(context.Context, model.Prompt, func(string) error) error { return errNoKey }
