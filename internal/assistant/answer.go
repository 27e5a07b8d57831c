package assistant

import (
	"context"
	"errors"
	"strings"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/question"
)

// promptHistory is how many messages of the conversation reach the prompt.
const promptHistory = 6

// Answers that need no model.
const (
	answerNothing  = "We don't have that: I could not find anything in our catalogue that fits. Try other words, or tell me more about what you are looking for."
	answerBlocked  = "I cannot answer that. Ask me about our products and I will gladly help."
	answerGreeting = "Hello! Ask me about our products: what you are looking for, for whom, or what it may cost."
	answerThanks   = "You are welcome! Is there anything else I can look up for you?"
	answerWordless = "Please ask me something in words: what you are looking for, for whom, or what it may cost."
	answerGoodbye  = "Goodbye, and thank you for stopping by."
)

// reply is an answer on its way: what it rests on is known, what it says is not yet written.
type reply struct {
	retrieval
	asked    string
	canned   string // the whole answer, when no model is needed
	prompt   model.Prompt
	provider string // who writes it; empty when no model is asked
}

// prepare finds what an answer rests on. The model is asked only when there are products to speak
// of.
func (a *Assistant) prepare(
	ctx context.Context, text string, history []question.Turn,
) (*reply, error) {
	history = history[max(0, len(history)-promptHistory):]
	found, err := a.retrieve(ctx, text, history)
	if err != nil {
		return nil, err
	}
	r := &reply{retrieval: found, asked: text}
	switch {
	case found.Smalltalk == question.Greeting:
		r.canned = answerGreeting
	case found.Smalltalk == question.Thanks:
		r.canned = answerThanks
	case found.Smalltalk == question.Goodbye:
		r.canned = answerGoodbye
	case found.Smalltalk == question.Wordless:
		r.canned = answerWordless
	case len(found.sources) == 0:
		r.canned = answerNothing
	}
	switch {
	case found.Smalltalk != question.None:
		a.settings.Metrics.Answered("smalltalk")
	case r.canned != "":
		a.settings.Metrics.Answered("refused")
	}
	if r.canned != "" {
		return r, nil
	}
	sources := make([]model.Source, len(found.sources))
	for i, h := range found.sources {
		sources[i] = h.Source
	}
	r.provider = a.model.Name()
	r.prompt = model.Prompt{History: history, Sources: sources, Question: text}
	return r, nil
}

// write has the answer written and checked, sentence by sentence, each handed to emit as it is
// certain. With stream it is written by a streaming call.
func (a *Assistant) write(
	ctx context.Context, r *reply, stream bool, emit func(text string) error,
) (*editor, error) {
	e := newEditor(a.verifier, r, emit)
	if r.canned != "" {
		return e, e.say(r.canned)
	}
	err := a.writeBy(ctx, a.model, r, stream && !r.degraded, e)
	if a.settings.LocalOnOutage && problem.IsOutage(err) && !e.begun() {
		r.degraded, r.provider = true, r.local.Name()
		err = r.local.Stream(ctx, r.prompt, e.write)
	}
	if errors.Is(err, model.ErrBlocked) {
		if e.begun() {
			return e, model.ErrUnavailable.Because(err)
		}
		a.settings.Metrics.Answered("blocked")
		r.sources = nil
		return e, e.say(answerBlocked)
	}
	if err != nil {
		return e, err
	}
	if err := e.end(); err != nil {
		return e, err
	}
	a.settings.Metrics.Corrected(e.corrected)
	kind := "answered"
	if r.degraded {
		kind = "degraded"
	}
	a.settings.Metrics.Answered(kind)
	return e, nil
}

// writeBy asks the model. Errors are problems for the client, or ErrBlocked.
func (a *Assistant) writeBy(
	ctx context.Context, model model.Model, r *reply, stream bool, e *editor,
) error {
	switch {
	case r.degraded:
		r.provider = r.local.Name()
		return r.local.Stream(ctx, r.prompt, e.write)
	case stream:
		var refused error // by who reads the stream
		err := model.Stream(ctx, r.prompt, func(piece string) error {
			refused = e.write(piece)
			return refused
		})
		if refused != nil {
			return refused
		}
		return a.health.Outcome(err)
	}
	text, err := model.Generate(ctx, r.prompt)
	if err := a.health.Outcome(err); err != nil {
		return err
	}
	return e.write(text)
}

// notTold says openly what the catalogue does not record.
func notTold(words []string, sources []model.Source) string {
	about := "these products"
	if len(sources) == 1 {
		about = model.Clean(sources[0].Name, 200)
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "“" + model.Clean(word, 60) + "”"
	}
	return "The catalogue does not say anything about " + strings.Join(
		quoted, " or ",
	) + " for " + about + "."
}
