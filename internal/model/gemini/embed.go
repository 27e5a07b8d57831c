package gemini

import (
	"context"
	"fmt"
	"strings"

	pb "cloud.google.com/go/ai/generativelanguage/apiv1beta/generativelanguagepb"

	"github.com/shopd/shopd/internal/model"
)

// maxBatchBytes leaves a margin below the API's 4 MiB a request.
const maxBatchBytes = 3_500_000

// maxBody and maxTitle are in runes. The model reads 2,048 tokens, about as much English; Google
// would ignore the rest.
const (
	maxBody  = 8_000
	maxTitle = 500
)

// noText replaces an empty text, which the API refuses. Its vector is the neutral one.
const noText = "(no text)"

// Embed returns one unit vector per text, in order.
func (p *Provider) Embed(
	ctx context.Context, task model.Task, texts []model.Text,
) ([][]float32, error) {
	requests := make([]*pb.EmbedContentRequest, len(texts))
	for i, text := range texts {
		requests[i] = p.embedRequest(task, text)
	}
	vectors := make([][]float32, 0, len(texts))
	err := p.call(ctx, p.embedding, embedRetries, func(ctx context.Context) error {
		for len(vectors) < len(requests) { // a retry continues after the batches that succeeded
			batch := firstBatch(requests[len(vectors):])
			got, err := p.embedBatch(ctx, batch)
			if err != nil {
				return err
			}
			vectors = append(vectors, got...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

func (p *Provider) embedRequest(task model.Task, text model.Text) *pb.EmbedContentRequest {
	title, body := embeddable(text.Title, maxTitle), embeddable(text.Body, maxBody)
	if body == "" {
		body = title
	}
	if body == "" {
		body = noText
	}
	dimensions := int32(p.dimensions)
	req := &pb.EmbedContentRequest{
		Model: p.embedding.model,
		Content: &pb.Content{
			Role:  "user",
			Parts: []*pb.Part{{Data: &pb.Part_Text{Text: body}}},
		},
		TaskType:             pb.TaskType_RETRIEVAL_QUERY.Enum(),
		OutputDimensionality: &dimensions,
	}
	if task == model.Document {
		req.TaskType = pb.TaskType_RETRIEVAL_DOCUMENT.Enum()
		if title != "" { // only documents may have one
			req.Title = &title
		}
	}
	return req
}

// embeddable returns a text without broken UTF-8, which cannot be sent, cut to a number of runes.
func embeddable(s string, runes int) string {
	return model.Cut(strings.TrimSpace(strings.ToValidUTF8(s, "")), runes)
}

// firstBatch returns as many requests as one call may contain: at least one, at most
// model.MaxBatch.
func firstBatch(requests []*pb.EmbedContentRequest) []*pb.EmbedContentRequest {
	size := 0
	for i, req := range requests {
		size += wireSize(req)
		if i == model.MaxBatch || (i > 0 && size > maxBatchBytes) {
			return requests[:i]
		}
	}
	return requests
}

// wireSize returns an upper bound of the size of a request as JSON: encoding/json escapes more than
// protojson.
func wireSize(req *pb.EmbedContentRequest) int {
	const envelope = 300 // names of fields, the model, numbers
	return envelope + len(mustJSON(req.GetTitle())) + len(mustJSON(req.Content.Parts[0].GetText()))
}

func (p *Provider) embedBatch(
	ctx context.Context, batch []*pb.EmbedContentRequest,
) ([][]float32, error) {
	var embeddings []*pb.ContentEmbedding
	if len(batch) == 1 {
		res, err := p.embedder.EmbedContent(ctx, batch[0])
		if err != nil {
			return nil, err
		}
		embeddings = []*pb.ContentEmbedding{res.GetEmbedding()}
	} else {
		res, err := p.embedder.BatchEmbedContents(
			ctx, &pb.BatchEmbedContentsRequest{Model: p.embedding.model, Requests: batch},
		)
		if err != nil {
			return nil, err
		}
		embeddings = res.GetEmbeddings()
	}
	p.used(model.Usage{Call: "embed", Texts: len(batch), Input: estimatedTokens(batch)})
	if len(embeddings) != len(batch) {
		return nil, &model.UnavailableError{
			Reason: fmt.Sprintf("%d vectors for %d texts", len(embeddings), len(batch)),
		}
	}
	vectors := make([][]float32, len(batch))
	for i, embedding := range embeddings {
		vector, err := p.fit(embedding.GetValues())
		if err != nil {
			return nil, err
		}
		vectors[i] = vector
	}
	return vectors, nil
}

// fit returns a unit vector, cut to the requested dimensions (a server that ignores them sends
// 3,072) and normalised (the API does so only for 3,072).
func (p *Provider) fit(values []float32) ([]float32, error) {
	if len(values) < p.dimensions {
		return nil, &model.ConfigError{
			Setting: settingDimensions,
			Reason: fmt.Sprintf(
				"%s makes vectors of %d numbers, %d are asked for", p.embedding.model, len(values),
				p.dimensions,
			),
		}
	}
	return model.Fit(values[:p.dimensions], p.embedding.model)
}

// estimatedTokens estimates the cost of a batch, which the API does not report. Four characters are
// about a token.
func estimatedTokens(batch []*pb.EmbedContentRequest) (tokens int64) {
	for _, req := range batch {
		tokens += int64(len(req.GetTitle())+len(req.Content.Parts[0].GetText()))/4 + 1
	}
	return tokens
}
