package gemini

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pb "cloud.google.com/go/ai/generativelanguage/apiv1beta/generativelanguagepb"
	"github.com/google/generative-ai-go/genai"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/prompt"
)

// maxOutputTokens includes thinking, on which a model may spend thousands if its thinking cannot be
// turned off. Unused tokens cost nothing.
const maxOutputTokens = 8192

// Generate implements model.Generator.
func (p *Provider) Generate(ctx context.Context, asked model.Prompt) (string, error) {
	system, user := prompt.Render(asked)
	var answer string
	err := p.call(ctx, p.generation, generateRetries, func(ctx context.Context) error {
		return p.transport.orWithoutThinking(func() (err error) {
			answer, err = p.write(ctx, system, user)
			return err
		})
	})
	if err != nil {
		return "", err
	}
	return answer, nil
}

// write makes one call of the model. It leaves temperature and similar settings at their defaults,
// since newer models ignore or refuse them.
func (p *Provider) write(ctx context.Context, system, user string) (string, error) {
	writer := p.writer.GenerativeModel(p.generation.model)
	writer.SetMaxOutputTokens(maxOutputTokens)
	writer.SystemInstruction = genai.NewUserContent(genai.Text(system))
	res, err := writer.GenerateContent(ctx, genai.Text(user))
	var blocked *genai.BlockedError
	if errors.As(err, &blocked) {
		return "", fmt.Errorf("%w (%w)", model.ErrBlocked, blocked)
	}
	if err != nil {
		return "", err
	}
	if u := res.UsageMetadata; u != nil {
		p.used(
			model.Usage{
				Call:   "generate",
				Input:  int64(u.PromptTokenCount),
				Output: int64(u.TotalTokenCount - u.PromptTokenCount),
			},
		)
	}
	if len(res.Candidates) == 0 {
		return "", fmt.Errorf("%w (no candidates)", model.ErrBlocked)
	}
	return readCandidate(res.Candidates[0])
}

func readCandidate(candidate *genai.Candidate) (string, error) {
	reason := pb.Candidate_FinishReason(candidate.FinishReason)
	if declined(reason) {
		return "", fmt.Errorf("%w (%s)", model.ErrBlocked, reason)
	}
	text := candidateText(candidate)
	if reason == pb.Candidate_MAX_TOKENS {
		text = completeSentences(text)
		if text == "" {
			return "", &model.UnavailableError{
				Reason: fmt.Sprintf(
					"all %d output tokens were spent before a sentence was written",
					maxOutputTokens,
				),
			}
		}
	}
	if text == "" {
		return "", &model.UnavailableError{
			Reason: fmt.Sprintf("empty answer (finish reason %s)", reason),
		}
	}
	return text, nil
}

// declined reports whether the model refused the question or its own answer.
func declined(reason pb.Candidate_FinishReason) bool {
	switch reason {
	case pb.Candidate_SAFETY,
		pb.Candidate_RECITATION,
		pb.Candidate_LANGUAGE,
		pb.Candidate_BLOCKLIST,
		pb.Candidate_PROHIBITED_CONTENT,
		pb.Candidate_SPII,
		pb.Candidate_IMAGE_SAFETY:
		return true
	default:
		return false
	}
}

func candidateText(candidate *genai.Candidate) string {
	if candidate.Content == nil {
		return ""
	}
	var b strings.Builder
	for _, part := range candidate.Content.Parts {
		if text, ok := part.(genai.Text); ok {
			b.WriteString(string(text))
		}
	}
	return strings.TrimSpace(b.String())
}

// completeSentences removes the last sentence of an answer that was cut in the middle: half a price
// would look like another price. A sentence ends with a full stop and a space, since numbers have
// full stops too.
func completeSentences(text string) string {
	end := max(
		strings.LastIndex(text, "\n"), strings.LastIndex(text, ". "), strings.LastIndex(text, "! "),
		strings.LastIndex(text, "? "),
	)
	return strings.TrimSpace(text[:end+1])
}
