package assistant

import (
	"context"
	"errors"

	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/question"
)

// promptHistory is how many messages of the conversation reach the prompt.
const promptHistory = 6

// Answers that need no model.
const (
	answerNothing  = "I could not find anything in our catalogue that fits. Try other words, or tell me more about what you are looking for."
	answerBlocked  = "I cannot answer that. Ask me about our products and I will gladly help."
	answerGreeting = "Hello! Ask me about our products: what you are looking for, for whom, or what it may cost."
	answerThanks   = "You are welcome! Is there anything else I can look up for you?"
	answerGoodbye  = "Goodbye, and thank you for stopping by."
)

// reply is an answer with the products it rests on, in the order the question asked for.
type reply struct {
	text     string
	hits     []hit
	provider string // who wrote it; empty when no model was asked
}

// answer answers a question from the catalogue. The model is asked only when there are products to speak of.
func (a *Assistant) answer(ctx context.Context, text string, history []provider.Message) (reply, error) {
	history = history[max(0, len(history)-promptHistory):]
	q, hits, err := a.retrieve(ctx, text, history)
	switch {
	case err != nil:
		return reply{}, err
	case q.Smalltalk == question.Greeting:
		return reply{text: answerGreeting}, nil
	case q.Smalltalk == question.Thanks:
		return reply{text: answerThanks}, nil
	case q.Smalltalk == question.Goodbye:
		return reply{text: answerGoodbye}, nil
	case len(hits) == 0:
		return reply{text: answerNothing}, nil
	}
	sources := make([]provider.Source, len(hits))
	for i, h := range hits {
		sources[i] = h.Source
	}
	written, err := a.provider.Generate(ctx, provider.Prompt{History: history, Sources: sources, Question: text})
	err = a.outcome(err)
	if errors.Is(err, provider.ErrBlocked) {
		return reply{text: answerBlocked, provider: a.provider.Name()}, nil
	}
	if err != nil {
		return reply{}, err
	}
	checked := a.verifier.verify(written, text, sources)
	return reply{text: checked, hits: hits, provider: a.provider.Name()}, nil
}
