package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/shopd/shopd/internal/model"
)

// maxText is the most runes of a text. The usual models read 512 to 8,192 tokens, and some refuse
// more.
const maxText = 8_000

// noText replaces an empty text, which servers refuse.
const noText = "(no text)"

// embedRetries is how often a call is retried. It is more than generateRetries, since no person
// waits for vectors.
const embedRetries = 2

// Embed returns one unit vector per text, in order.
func (p *Provider) Embed(
	ctx context.Context, task model.Task, texts []model.Text,
) ([][]float32, error) {
	var vectors [][]float32
	err := p.call(
		ctx,
		embedRetries,
		settingEmbeddingModel,
		p.settings.EmbeddingModel,
		func(ctx context.Context) error {
			for len(vectors) < len(texts) { // a retry continues after the batches that succeeded
				batch := texts[len(vectors):min(len(vectors)+model.MaxBatch, len(texts))]
				got, err := p.embedBatch(ctx, task, batch)
				if err != nil {
					return err
				}
				vectors = append(vectors, got...)
			}
			return nil
		},
	)
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

func (p *Provider) embedBatch(
	ctx context.Context, task model.Task, batch []model.Text,
) ([][]float32, error) {
	input := make([]string, len(batch))
	for i, text := range batch {
		input[i] = p.embeddable(task, text)
	}
	body, err := p.post(
		ctx,
		"/embeddings",
		map[string]any{
			"model":           p.settings.EmbeddingModel,
			"input":           input,
			"encoding_format": "float",
		},
	)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	var response struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Usage struct {
			Prompt int64 `json:"prompt_tokens"`
		} `json:"usage"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxResponse)).Decode(&response); err != nil {
		return nil, &url.Error{Op: "Read", Err: err}
	}
	p.settings.Used(model.Usage{Call: "embed", Texts: len(batch), Input: response.Usage.Prompt})
	vectors := make([][]float32, len(batch))
	for _, d := range response.Data {
		if d.Index < 0 || d.Index >= len(vectors) || vectors[d.Index] != nil {
			return nil, &model.UnavailableError{Reason: "vectors came without an order"}
		}
		if vectors[d.Index], err = model.Fit(d.Embedding, p.settings.EmbeddingModel); err != nil {
			return nil, err
		}
	}
	if len(response.Data) != len(batch) {
		return nil, &model.UnavailableError{
			Reason: fmt.Sprintf("%d vectors for %d texts", len(response.Data), len(batch)),
		}
	}
	return vectors, nil
}

func (p *Provider) embeddable(task model.Task, text model.Text) string {
	whole := strings.TrimSpace(
		strings.ToValidUTF8(strings.TrimSpace(text.Title+"\n"+text.Body), ""),
	)
	if whole == "" {
		whole = noText
	}
	prefix := p.settings.DocumentPrefix
	if task == model.Query {
		prefix = p.settings.QueryPrefix
	}
	return prefix + model.Cut(whole, maxText)
}
