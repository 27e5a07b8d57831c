package sdk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/shopd/shopd/gen/client"
)

// ErrBrokenOff means that an answer of the assistant ended before it was complete.
var ErrBrokenOff = errors.New("the answer of the assistant broke off")

// Event is a part of the assistant's answer. Exactly one field is set: Sources in the first event,
// Text in those that follow, Answer in the last.
type Event struct {
	// Sources are the products the answer is about; empty but not nil if there are none.
	Sources []client.AssistantSource
	Text    string                  // the next piece of the answer, checked against the catalogue
	Answer  *client.AssistantAnswer // complete, with the history to send with the next question
}

// Ask asks the assistant and returns an iterator over its answer as it is written. Leaving the loop
// ends the call.
func (s *Shop) Ask(ctx context.Context, question client.AssistantQuestion) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		response, err := s.AskAssistant(
			ctx,
			question,
			func(_ context.Context, r *http.Request) error {
				r.Header.Set("Accept", "text/event-stream")
				return nil
			},
		)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer func() { _ = response.Body.Close() }()
		for name, data := range messages(response.Body) {
			event, known, err := readEvent(name, data)
			if !known {
				continue // an event of a newer server
			}
			if !yield(event, err) || err != nil || event.Answer != nil {
				return
			}
		}
		if err = ctx.Err(); err == nil {
			err = ErrBrokenOff
		}
		yield(Event{}, err)
	}
}

func readEvent(name string, data []byte) (event Event, known bool, err error) {
	switch name {
	case "sources":
		err = json.Unmarshal(data, &event.Sources)
	case "delta":
		var delta struct{ Text string }
		err = json.Unmarshal(data, &delta)
		event.Text = delta.Text
	case "done":
		err = json.Unmarshal(data, &event.Answer)
	case "error":
		problem := new(Problem)
		if err = json.Unmarshal(data, &problem.Problem); err == nil {
			err = problem
		}
	default:
		return event, false, nil
	}
	return event, true, err
}

// maxEvent is how long a line of an event may be.
const maxEvent = 1 << 20

// messages returns the names and data of server-sent events, up to the last complete one.
func messages(stream io.Reader) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		lines := bufio.NewScanner(stream)
		lines.Buffer(nil, maxEvent)
		var name string
		var data []string
		for lines.Scan() {
			line := lines.Bytes()
			if len(line) == 0 {
				if data != nil && !yield(name, []byte(strings.Join(data, "\n"))) {
					return
				}
				name, data = "", nil
				continue
			}
			field, value, _ := bytes.Cut(line, []byte(":"))
			value = bytes.TrimPrefix(value, []byte(" "))
			switch string(field) {
			case "event":
				name = string(value)
			case "data":
				data = append(data, string(value))
			}
		}
	}
}
