package app

import (
	"context"

	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/assistant/gemini"
	"github.com/shopd/shopd/internal/assistant/local"
	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/platform/config"
)

// newProvider chooses who makes vectors and answers, and how long its vectors are: with RAG_PROVIDER=auto,
// Gemini if there is a key.
func newProvider(ctx context.Context, s config.Settings) (model assistant.Provider, dimensions int, close func() error, err error) {
	switch {
	case s.RAGProvider == "local", s.RAGProvider == "auto" && s.GeminiAPIKey == "":
		return local.New(), provider.Dimensions, func() error { return nil }, nil
	case s.GeminiAPIKey == "":
		return noKey{}, s.RAGEmbeddingDim, func() error { return nil }, nil
	}
	client, err := gemini.New(ctx, gemini.Settings{
		APIKey: s.GeminiAPIKey, EmbeddingModel: s.RAGEmbeddingModel, GenerationModel: s.RAGGenerationModel,
		Dimensions: s.RAGEmbeddingDim, Timeout: s.RAGGeminiTimeout, Endpoint: s.GeminiEndpoint,
	})
	if err != nil {
		return nil, 0, nil, err
	}
	return client, s.RAGEmbeddingDim, client.Close, nil
}

// noKey stands for Gemini without a key: the shop runs, its assistant says what is missing.
type noKey struct{}

var errNoKey = &provider.ConfigError{Setting: "GEMINI_API_KEY", Reason: "not set, and RAG_PROVIDER is gemini; set it, or RAG_PROVIDER=local"}

func (noKey) Name() string  { return "gemini" }
func (noKey) Model() string { return "gemini:none" }

func (noKey) Embed(context.Context, provider.Task, []provider.Text) ([][]float32, error) {
	return nil, errNoKey
}

func (noKey) Generate(context.Context, provider.Prompt) (string, error) { return "", errNoKey }
