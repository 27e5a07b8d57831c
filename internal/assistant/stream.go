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

// heartbeat keeps proxies from hanging up while the model thinks.
const heartbeat = 15 * time.Second

// written is a piece of a streamed answer, or how it ended.
type written struct {
	text   string
	editor *editor // not nil: it ended
	err    error
}

// stream sends the answer in server-sent events: sources, the text sentence by sentence, then all
// of it. What goes wrong before the first sentence has a status of its own; afterwards it is an
// event. Who hangs up ends the model's call.
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

// body is closed when the answer is sent, or cannot be.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// sendEvents writes the events until the answer ends. An error of the writer is that of a client
// that is gone.
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

// failed is the problem of an error that comes too late for a status.
func (a *Assistant) failed(ctx context.Context, err error) api.Problem {
	var p *problem.Error
	if !errors.As(err, &p) {
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
