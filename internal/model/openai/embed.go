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

// maxText is in runes: the usual models read 512 to 8,192 tokens and some refuse more.
const maxText = 8_000

// noText stands for an empty text, which servers refuse.
const noText = "(no text)"

// embedRetries is how often a call is tried again: a worker waits for vectors, not a person.
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
			for len(vectors) < len(texts) { // a retry goes on behind the batches that are done
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
	var answer struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Usage struct {
			Prompt int64 `json:"prompt_tokens"`
		} `json:"usage"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxResponse)).Decode(&answer); err != nil {
		return nil, &url.Error{Op: "Read", Err: err}
	}
	p.settings.Used(model.Usage{Call: "embed", Texts: len(batch), Input: answer.Usage.Prompt})
	vectors := make([][]float32, len(batch))
	for _, d := range answer.Data {
		if d.Index < 0 || d.Index >= len(vectors) || vectors[d.Index] != nil {
			return nil, &model.UnavailableError{Reason: "vectors came without an order"}
		}
		if vectors[d.Index], err = model.Fit(d.Embedding, p.settings.EmbeddingModel); err != nil {
			return nil, err
		}
	}
	if len(answer.Data) != len(batch) {
		return nil, &model.UnavailableError{
			Reason: fmt.Sprintf("%d vectors for %d texts", len(answer.Data), len(batch)),
		}
	}
	return vectors, nil
}

func (p *Provider) embeddable(task model.Task, text model.Text) string {
	say := strings.TrimSpace(strings.ToValidUTF8(strings.TrimSpace(text.Title+"\n"+text.Body), ""))
	if say == "" {
		say = noText
	}
	prefix := p.settings.DocumentPrefix
	if task == model.Query {
		prefix = p.settings.QueryPrefix
	}
	return prefix + model.Cut(say, maxText)
}
