package app

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/assistant"
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

// newProvider chooses who makes vectors and answers, and how long its vectors are: with
// RAG_PROVIDER=auto, Gemini if there is a key. What costs money is guarded.
func (a *App) newProvider(
	ctx context.Context, metrics *guard.Metrics,
) (chosen model.Model, dimensions int, err error) {
	s := a.settings
	switch {
	case s.RAGProvider == "local", s.RAGProvider == "auto" && s.GeminiAPIKey == "":
		return local.New(), model.Dimensions, nil
	case s.RAGProvider == "openai":
		chosen, err := a.newOpenAI(metrics, s.RAGEmbeddingModel)
		return chosen, model.Dimensions, err
	case s.GeminiAPIKey == "":
		return noKey{}, s.RAGEmbeddingDim, nil
	}
	chosen, err = a.newGemini(ctx, metrics, s.RAGEmbeddingModel, s.RAGEmbeddingDim)
	return chosen, s.RAGEmbeddingDim, err
}

func (a *App) newGemini(
	ctx context.Context, metrics *guard.Metrics, embedding string, dimensions int,
) (model.Model, error) {
	s := a.settings
	used, budget := a.spending("gemini", metrics)
	client, err := gemini.New(ctx, gemini.Settings{
		APIKey: s.GeminiAPIKey, EmbeddingModel: embedding, GenerationModel: s.RAGGenerationModel,
		Dimensions: dimensions, Timeout: s.RAGGeminiTimeout, Endpoint: s.GeminiEndpoint, Used: used,
	})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, client.Close)
	return guard.New(client, budget, metrics), nil
}

func (a *App) newOpenAI(metrics *guard.Metrics, embedding string) (model.Model, error) {
	s := a.settings
	used, budget := a.spending("openai", metrics)
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
	return guard.New(client, budget, metrics), nil
}

// spending counts what a provider costs and bounds it.
func (a *App) spending(name string, metrics *guard.Metrics) (func(model.Usage), *assistant.Budget) {
	budget := assistant.NewBudget(a.pool, a.log, name, a.settings.RAGDailyTokens)
	return func(u model.Usage) {
		metrics.Used(name, u)
		budget.Spend(u)
	}, budget
}

// formerModel answers what embeds questions for vectors of a model that is no longer the set one,
// such as "gemini:models/gemini-embedding-001@768", or nil when that cannot be asked any more.
func (a *App) formerModel(metrics *guard.Metrics) func(name string) model.Embedder {
	var mu sync.Mutex
	made := map[string]model.Embedder{}
	return func(name string) model.Embedder {
		mu.Lock()
		defer mu.Unlock()
		if former, ok := made[name]; ok {
			return former
		}
		former := a.newFormer(metrics, name)
		made[name] = former
		return former
	}
}

func (a *App) newFormer(metrics *guard.Metrics, name string) model.Embedder {
	kind, rest, _ := strings.Cut(name, ":")
	embedding, length, _ := strings.Cut(rest, "@")
	dimensions, err := strconv.Atoi(length)
	if err != nil {
		return nil
	}
	var former model.Model
	switch {
	case kind == "gemini" && a.settings.GeminiAPIKey != "":
		former, err = a.newGemini(context.Background(), metrics, embedding, dimensions)
	case kind == "openai" && a.settings.RAGProvider == "openai":
		former, err = a.newOpenAI(metrics, embedding)
	default:
		return nil
	}
	if err != nil || former.Model() != name {
		return nil
	}
	return former
}

// noKey stands for Gemini without a key: the shop runs, its assistant says what is missing.
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
