package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// heartbeat is how often a comment is sent while the model is silent, so that no proxy closes the
// connection.
const heartbeat = 15 * time.Second

// written is a piece of a streamed answer, or its end.
type written struct {
	text   string
	editor *editor // set at the end
	err    error
}

// stream sends the answer as server-sent events: the sources, the text sentence by sentence, then
// the complete answer. A failure before the first sentence is a problem response with its status; a
// later one is an event. The model's call ends when the client disconnects.
func (a *Assistant) stream(
	ctx context.Context, r *reply, asked api.AssistantQuestion,
) (api.AskAssistantResponseObject, error) {
	ctx, cancel := context.WithCancel(ctx)
	pieces := make(chan written)
	send := func(w written) error {
		select {
		case pieces <- w:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		defer close(pieces)
		e, err := a.write(
			ctx, r, true, func(text string) error { return send(written{text: text}) },
		)
		_ = send(written{editor: e, err: err})
	}()
	first, ok := <-pieces
	if !ok {
		cancel()
		return nil, ctx.Err()
	}
	if first.err != nil {
		cancel()
		return nil, first.err
	}
	reader, writer := io.Pipe()
	go func() {
		defer cancel()
		_ = writer.CloseWithError(a.sendEvents(ctx, writer, r, asked, first, pieces))
	}()
	return api.AskAssistant200TextEventStreamResponse{
		Body:    &body{reader, cancel},
		Headers: api.AskAssistant200ResponseHeaders{XAssistantProvider: optional.Of(r.provider)},
	}, nil
}

// body is a stream of events. Closing it ends the model's call.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// sendEvents writes the events until the answer ends. An error of the writer means that the client
// disconnected.
func (a *Assistant) sendEvents(
	ctx context.Context, to io.Writer, r *reply, asked api.AssistantQuestion, next written,
	pieces <-chan written,
) error {
	event := func(name string, data any) error {
		text, err := json.Marshal(data)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(to, "event: %s\ndata: %s\n\n", name, text)
		return err
	}
	if err := event("sources", sourceBodies(r.sources)); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		switch {
		case next.err != nil:
			return event("error", a.failed(ctx, next.err))
		case next.editor != nil:
			return event("done", a.body(r, next.editor, asked))
		case next.text != "":
			if err := event("delta", map[string]string{"text": next.text}); err != nil {
				return err
			}
		}
		next = written{}
		select {
		case piece, ok := <-pieces:
			if !ok {
				return event("error", a.failed(ctx, context.Cause(ctx)))
			}
			next = piece
		case <-beat.C:
			if _, err := io.WriteString(to, ": still here\n\n"); err != nil {
				return err
			}
		}
	}
}

// failed returns the problem of an error that came too late for a status, and logs it if it is
// unexpected.
func (a *Assistant) failed(ctx context.Context, err error) api.Problem {
	var p *problem.Error
	if !errors.As(context.Cause(ctx), &p) && !errors.As(err, &p) {
		if !errors.Is(err, context.Canceled) {
			a.settings.Log.ErrorContext(
				ctx, "answer broke off", "request_id", request.From(ctx).ID, "error", err,
			)
		}
		p = model.ErrUnavailable
	}
	id := request.From(ctx).ID
	return api.Problem{
		Type:      "about:blank",
		Title:     http.StatusText(p.Status),
		Status:    int32(p.Status),
		Code:      p.Code,
		Detail:    p.Detail,
		RequestID: id,
	}
}
