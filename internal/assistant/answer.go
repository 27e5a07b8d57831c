package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/question"
)

// promptHistory is how many messages of the conversation the prompt includes, the latest.
const promptHistory = 6

// Answers that need no model.
const (
	answerNothing = "We don't have that: I could not find anything in our catalogue that fits. " +
		"Try other words, or tell me more about what you are looking for."
	answerBlocked  = "I cannot answer that. Ask me about our products and I will gladly help."
	answerGreeting = "Hello! Ask me about our products: what you are looking for, for whom, or " +
		"what it may cost."
	answerThanks   = "You are welcome! Is there anything else I can look up for you?"
	answerWordless = "Please ask me something in words: what you are looking for, for whom, or " +
		"what it may cost."
	answerGoodbye = "Goodbye, and thank you for stopping by."
)

// reply is an answer before it is written: its sources are known, its text is not.
type reply struct {
	retrieval
	asked    string
	canned   string // the whole answer, when no model is needed
	prompt   model.Prompt
	provider string // the model that writes it; empty if none does
}

// AskAssistant writes an answer to a question about the catalogue.
func (a *Assistant) AskAssistant(
	ctx context.Context, r api.AskAssistantRequestObject,
) (api.AskAssistantResponseObject, error) {
	if len(r.Body.History) > a.settings.MaxHistory {
		return nil, problem.Invalid(problem.Field{
			Pointer: "/history",
			Message: fmt.Sprintf("must have at most %d items", a.settings.MaxHistory),
		})
	}
	history := make([]question.Turn, len(r.Body.History))
	for i, m := range r.Body.History {
		history[i] = question.Turn{Role: question.Role(m.Role), Content: m.Content}
	}
	reply, err := a.prepare(ctx, r.Body.Query, history)
	if err != nil {
		return nil, err
	}
	if request.From(ctx).EventStream {
		return a.stream(ctx, reply, *r.Body)
	}
	written, err := a.write(ctx, reply, false, func(string) error { return nil })
	if err != nil {
		return nil, err
	}
	headers := api.AskAssistant200ResponseHeaders{XAssistantProvider: optional.Of(reply.provider)}
	return api.AskAssistant200JSONResponse{
		Body:    a.body(reply, written, *r.Body),
		Headers: headers,
	}, nil
}

// prepare finds the sources of an answer. A question without sources, and small talk, have a canned
// answer and need no model.
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
	for i, s := range found.sources {
		sources[i] = s.Source
	}
	r.provider = a.model.Name()
	r.prompt = model.Prompt{History: history, Sources: sources, Question: text}
	return r, nil
}

// write has the model write the answer, checks it sentence by sentence, and calls emit with each
// sentence that passed. stream makes the call to the model a streaming one.
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

// writeBy calls the model. Its errors are problems for the client, or ErrBlocked.
func (a *Assistant) writeBy(
	ctx context.Context, model model.Model, r *reply, stream bool, e *editor,
) error {
	switch {
	case r.degraded:
		r.provider = r.local.Name()
		return r.local.Stream(ctx, r.prompt, e.write)
	case stream:
		var refused error // of the client that reads the stream
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

// notRecorded is the prefix of the sentence about words that no source has.
const notRecorded = "The catalogue does not say"

// notRecordedSentence says openly which words of the question the catalogue has nothing about.
func notRecordedSentence(words []string, sources []model.Source) string {
	about := "these products"
	if len(sources) == 1 {
		about = model.Clean(sources[0].Name, 200)
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "“" + model.Clean(word, 60) + "”"
	}
	return notRecorded + " anything about " + strings.Join(quoted, " or ") + " for " + about + "."
}
