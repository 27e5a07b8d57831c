package geministub

import (
	"net/http"
	"strings"
)

// maxItems is Google's limit of a batch.
const maxItems = 100

type embedRequest struct {
	Model                string       `json:"model"`
	Content              *content     `json:"content"`
	TaskType             taskType     `json:"taskType"`
	Title                string       `json:"title"`
	OutputDimensionality int          `json:"outputDimensionality"`
	Config               *embedConfig `json:"embedContentConfig"`
}

// embedConfig has the options according to newer documents of Google.
type embedConfig struct {
	TaskType             taskType `json:"taskType"`
	Title                string   `json:"title"`
	OutputDimensionality int      `json:"outputDimensionality"`
	AutoTruncate         bool     `json:"autoTruncate"`
}

type embedding struct {
	Values []float32 `json:"values"`
}

func (s *Server) embed(w http.ResponseWriter, c *call) *apiError {
	var req embedRequest
	if refusal := decode(c.body, &req); refusal != nil {
		return refusal
	}
	vectors, refusal := s.embedAll(c, []embedRequest{req})
	if refusal != nil {
		return refusal
	}
	writeJSON(w, map[string]any{"embedding": vectors[0]})
	return nil
}

func (s *Server) batchEmbed(w http.ResponseWriter, c *call) *apiError {
	var req struct {
		Model    string         `json:"model"`
		Requests []embedRequest `json:"requests"`
	}
	if refusal := decode(c.body, &req); refusal != nil {
		return refusal
	}
	switch n := len(req.Requests); {
	case n == 0:
		return invalid("* BatchEmbedContentsRequest.requests: requests is not specified")
	case n > maxItems:
		return invalid(
			"* BatchEmbedContentsRequest.requests: at most %d requests can be in one batch",
			maxItems,
		)
	}
	for i, item := range req.Requests {
		if item.Model != "models/"+c.modelName {
			return invalid(
				"* BatchEmbedContentsRequest.requests[%d].model: must match the model of the batch",
				i,
			)
		}
	}
	vectors, refusal := s.embedAll(c, req.Requests)
	if refusal != nil {
		return refusal
	}
	writeJSON(w, map[string]any{"embeddings": vectors})
	return nil
}

func (s *Server) embedAll(c *call, requests []embedRequest) ([]embedding, *apiError) {
	if refusal := s.find(c, func(m model) bool { return m.embeds }); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	wait, refusal := s.onEmbed, s.quota.take(len(requests))
	s.mu.Unlock()
	if wait != nil {
		wait()
	}
	if refusal != nil {
		return nil, refusal
	}
	texts := make([]Embedded, len(requests))
	vectors := make([]embedding, len(requests))
	for i, req := range requests {
		text, refusal := req.read()
		if refusal != nil {
			return nil, refusal
		}
		texts[i] = text
		vectors[i].Values = vector(text.Title+"\n"+text.Title+"\n"+text.Text, text.Dimensions)
	}
	s.note(c, func(r *Request) {
		r.Texts = texts
		s.items += len(texts)
	})
	return vectors, nil
}

// read checks one item against Google's rules.
func (req embedRequest) read() (Embedded, *apiError) {
	text := Embedded{
		TaskType:   string(req.TaskType),
		Title:      req.Title,
		Text:       req.Content.text(),
		Dimensions: req.OutputDimensionality,
	}
	if config := req.Config; config != nil {
		if config.OutputDimensionality != 0 {
			text.Dimensions = config.OutputDimensionality
		}
		if config.TaskType != "" {
			text.TaskType = string(config.TaskType)
		}
		if config.Title != "" {
			text.Title = config.Title
		}
	}
	switch {
	case strings.TrimSpace(text.Text) == "":
		return text, invalid("* EmbedContentRequest.content: contents is not specified")
	case text.Title != "" && text.TaskType != "RETRIEVAL_DOCUMENT":
		return text, invalid(
			"* EmbedContentRequest.title: only applicable when task_type is RETRIEVAL_DOCUMENT",
		)
	case text.Dimensions < 0 || text.Dimensions > fullDimensions:
		return text, invalid(
			"* EmbedContentRequest.output_dimensionality: must be between 1 and %d", fullDimensions,
		)
	}
	return text, nil
}
