package geministub

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

type generateRequest struct {
	Model             string            `json:"model"`
	SystemInstruction *content          `json:"systemInstruction"`
	Contents          []content         `json:"contents"`
	GenerationConfig  generationConfig  `json:"generationConfig"`
	SafetySettings    []json.RawMessage `json:"safetySettings"`
}

type generationConfig struct {
	CandidateCount   int      `json:"candidateCount"`
	StopSequences    []string `json:"stopSequences"`
	MaxOutputTokens  int      `json:"maxOutputTokens"`
	Temperature      float64  `json:"temperature"`
	TopP             float64  `json:"topP"`
	TopK             float64  `json:"topK"`
	Seed             int      `json:"seed"`
	PresencePenalty  *float64 `json:"presencePenalty"`
	FrequencyPenalty *float64 `json:"frequencyPenalty"`
	ResponseMimeType string   `json:"responseMimeType"`
	Thinking         *struct {
		Budget          *int    `json:"thinkingBudget"`
		Level           *string `json:"thinkingLevel"`
		IncludeThoughts bool    `json:"includeThoughts"`
	} `json:"thinkingConfig"`
}

type generateResponse struct {
	Candidates     []candidate     `json:"candidates,omitempty"`
	PromptFeedback *promptFeedback `json:"promptFeedback,omitempty"`
	Usage          usage           `json:"usageMetadata"`
	ModelVersion   string          `json:"modelVersion,omitempty"`
}

type candidate struct {
	Content      *content `json:"content,omitempty"`
	FinishReason enum     `json:"finishReason,omitzero"`
	Index        int      `json:"index"`
}

type promptFeedback struct {
	BlockReason enum `json:"blockReason"`
}

type usage struct {
	Prompt     int `json:"promptTokenCount"`
	Candidates int `json:"candidatesTokenCount"`
	Total      int `json:"totalTokenCount"`
}

func (s *Server) generate(w http.ResponseWriter, c *call, reply Reply) *apiError {
	var req generateRequest
	if refusal := decode(c.body, &req); refusal != nil {
		return refusal
	}
	if refusal := s.find(c, func(m model) bool { return m.generates }); refusal != nil {
		return refusal
	}
	if refusal := req.check(c.modelName); refusal != nil {
		return refusal
	}
	prompt := readPrompt(req)
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	s.note(c, func(r *Request) {
		r.System = prompt.System
		for _, turn := range req.Contents {
			r.Turns = append(r.Turns, Turn{Role: turn.Role, Text: turn.text()})
		}
	})
	text := answer(prompt)
	res := generateResponse{
		Candidates: []candidate{
			{
				Content:      &content{Role: "model", Parts: []part{{Text: text}}},
				FinishReason: finishStop,
			},
		},
		Usage:        usage{Prompt: tokens(prompt.System + prompt.User), Candidates: tokens(text)},
		ModelVersion: c.modelName,
	}
	res.Usage.Total = res.Usage.Prompt + res.Usage.Candidates
	if reply.alter != nil {
		reply.alter(&res)
	}
	if c.method == StreamGenerateContent {
		stream(w, c, reply, pieces(res))
		return nil
	}
	writeJSON(w, res.encoded(c.numericEnums))
	return nil
}

// check returns an error for a request that Google refuses.
func (req generateRequest) check(name string) *apiError {
	if len(req.Contents) == 0 {
		return invalid("* GenerateContentRequest.contents: contents is not specified")
	}
	for _, turn := range req.Contents {
		if turn.Role != "" && turn.Role != "user" && turn.Role != "model" {
			return invalid("Please use a valid role: user, model.")
		}
		if turn.text() == "" {
			return invalid(
				"* GenerateContentRequest.contents[].parts: contents.parts must not be empty.",
			)
		}
	}
	if req.Contents[len(req.Contents)-1].Role == "model" {
		return invalid("Please ensure that the last turn is of role user.")
	}
	config := req.GenerationConfig
	newer := strings.HasPrefix(name, "gemini-3")
	if newer && (config.PresencePenalty != nil || config.FrequencyPenalty != nil) {
		return invalid("Penalty is not enabled for this model")
	}
	thinking := config.Thinking
	switch {
	case thinking == nil:
		return nil
	case strings.HasPrefix(name, "gemini-2.0"):
		return invalid("Thinking is not enabled for models/%s", name)
	case thinking.Budget != nil && thinking.Level != nil:
		return invalid("You can only set only one of thinking budget and thinking level.")
	case thinking.Level != nil && !newer:
		return invalid("Thinking level is not supported for this model.")
	case thinking.Level != nil && *thinking.Level == "MINIMAL" && name == "gemini-3.7-flash":
		return invalid("Request contains an invalid argument.") // Google does not say which one
	}
	return nil
}

// encoded returns the response with enums that are written as numbers or names.
func (res generateResponse) encoded(numeric bool) generateResponse {
	candidates := make([]candidate, len(res.Candidates))
	for i, c := range res.Candidates {
		if c.FinishReason != (enum{}) {
			c.FinishReason.named = !numeric
		}
		candidates[i] = c
	}
	res.Candidates = candidates
	if res.PromptFeedback != nil {
		feedback := *res.PromptFeedback
		feedback.BlockReason.named = !numeric
		res.PromptFeedback = &feedback
	}
	return res
}

func (s *Server) countTokens(w http.ResponseWriter, c *call) *apiError {
	var req struct {
		Model    string           `json:"model"`
		Contents []content        `json:"contents"`
		Request  *generateRequest `json:"generateContentRequest"`
	}
	if refusal := decode(c.body, &req); refusal != nil {
		return refusal
	}
	if refusal := s.find(c, func(m model) bool { return m.generates }); refusal != nil {
		return refusal
	}
	var system *content
	if req.Request != nil {
		req.Contents, system = req.Request.Contents, req.Request.SystemInstruction
	}
	total := tokens(system.text())
	for _, turn := range req.Contents {
		total += tokens(turn.text())
	}
	writeJSON(w, map[string]any{"totalTokens": total})
	return nil
}

// tokens estimates the tokens of a text by Google's rule of thumb: four characters each.
func tokens(s string) int { return (utf8.RuneCountInString(s) + 3) / 4 }
