package openai

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/prompt"
)

// generateRetries is how often an answer is retried. A person waits for it.
const generateRetries = 1

// completion is an answer, or a piece of a streamed answer, which has delta instead of message.
type completion struct {
	Choices []struct {
		Message struct {
			Content string `json:"content"`
			Refusal string `json:"refusal"`
		} `json:"message"`
		Delta struct {
			Content string `json:"content"`
			Refusal string `json:"refusal"`
		} `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func (p *Provider) request(asked model.Prompt, stream bool) map[string]any {
	system, user := prompt.Render(asked)
	return map[string]any{
		"model":  p.settings.GenerationModel,
		"stream": stream,
		"messages": []map[string]string{
			{"role": "system", "content": system},
			{"role": "user", "content": user},
		},
	}
}

// count reports the cost of an answer.
func (p *Provider) count(c completion) {
	if c.Usage != nil {
		p.settings.Used(
			model.Usage{Call: "generate", Input: c.Usage.Prompt, Output: c.Usage.Completion},
		)
	}
}

// Generate implements model.Generator.
func (p *Provider) Generate(ctx context.Context, asked model.Prompt) (text string, err error) {
	err = p.call(
		ctx,
		generateRetries,
		settingGenerationModel,
		p.settings.GenerationModel,
		func(ctx context.Context) error {
			body, err := p.post(ctx, "/chat/completions", p.request(asked, false))
			if err != nil {
				return err
			}
			defer func() { _ = body.Close() }()
			var c completion
			if err := json.NewDecoder(io.LimitReader(body, maxResponse)).Decode(&c); err != nil {
				return &url.Error{Op: "Read", Err: err}
			}
			p.count(c)
			if c.Error != nil && string(c.Error) != "null" {
				return failureOf(c.Error)
			}
			if len(c.Choices) == 0 {
				return &model.UnavailableError{Reason: "an answer without a choice"}
			}
			choice := c.Choices[0]
			text = strings.TrimSpace(choice.Message.Content)
			return judge(choice.FinishReason, choice.Message.Refusal, text != "")
		},
	)
	if err != nil {
		return "", err
	}
	return text, nil
}

// Stream implements model.Generator. It is retried only if nothing was emitted yet.
func (p *Provider) Stream(ctx context.Context, asked model.Prompt, emit func(string) error) error {
	started := false
	var refused error
	err := p.call(
		ctx,
		generateRetries,
		settingGenerationModel,
		p.settings.GenerationModel,
		func(ctx context.Context) error {
			body, err := p.post(ctx, "/chat/completions", p.request(asked, true))
			if err != nil {
				return err
			}
			defer func() { _ = body.Close() }()
			err = p.readStream(io.LimitReader(body, maxResponse), func(piece string) error {
				started = true
				refused = emit(piece)
				return refused
			})
			if err != nil && started {
				return &model.BrokenStream{Cause: err}
			}
			return err
		},
	)
	if refused != nil {
		return refused
	}
	return err
}

// readStream reads server-sent events. The answer is complete after a choice with a finish reason,
// or after [DONE].
func (p *Provider) readStream(body io.Reader, emit func(string) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), 4<<20)
	finish, refusal, wrote, done := "", "", false, false
	for !done && lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data:")
		data = strings.TrimSpace(data)
		if done = data == "[DONE]"; !isData || done || data == "" {
			continue
		}
		var c completion
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			return &model.UnavailableError{Reason: "the stream cannot be read"}
		}
		p.count(c)
		if c.Error != nil && string(c.Error) != "null" {
			return failureOf(c.Error)
		}
		if len(c.Choices) == 0 {
			continue
		}
		choice := c.Choices[0]
		refusal += choice.Delta.Refusal
		if choice.FinishReason != "" {
			finish = choice.FinishReason
		}
		if choice.Delta.Content == "" {
			continue
		}
		wrote = wrote || strings.TrimSpace(choice.Delta.Content) != ""
		if err := emit(choice.Delta.Content); err != nil {
			return err
		}
	}
	if finish == "" && !done {
		return &model.UnavailableError{Reason: "the stream was cut"}
	}
	return judge(finish, refusal, wrote)
}

// judge returns the error of a finish reason, or nil if the answer is complete.
func judge(finish, refusal string, wrote bool) error {
	switch {
	case finish == "content_filter", refusal != "":
		return fmt.Errorf("%w (%s)", model.ErrBlocked, finish)
	case finish == "length":
		return &model.UnavailableError{
			Reason: "the output tokens were spent before the answer was written",
		}
	case !wrote:
		return &model.UnavailableError{Reason: "empty answer (finish reason " + finish + ")"}
	}
	return nil
}

// failureOf returns the failure of an error inside a response with status 200.
func failureOf(text json.RawMessage) error {
	f := &model.Failure{
		Status: http.StatusInternalServerError,
		Body:   append(append([]byte(`{"error":`), text...), '}'),
	}
	if r := read(f); r.Type == "rate_limit_exceeded" || r.Code == "rate_limit_exceeded" {
		f.Status = http.StatusTooManyRequests
	}
	return f
}
