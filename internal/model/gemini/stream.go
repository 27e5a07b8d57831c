package gemini

import (
	"bytes"
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

// chunk is an element of a stream, which is a JSON array.
type chunk struct {
	Candidates []struct {
		Content struct {
			Parts []struct {
				Text    string `json:"text"`
				Thought bool   `json:"thought"`
			} `json:"parts"`
		} `json:"content"`
		FinishReason string `json:"finishReason"`
	} `json:"candidates"`
	PromptFeedback *struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage struct {
		Prompt int64 `json:"promptTokenCount"`
		Total  int64 `json:"totalTokenCount"`
	} `json:"usageMetadata"`
	Error json.RawMessage `json:"error"`
}

// Finish reasons. Without one of these the stream was cut, even if the connection reports no error.
const (
	finishStop      = "STOP"
	finishMaxTokens = "MAX_TOKENS"
)

// Stream implements model.Generator. It is retried only if nothing was emitted yet.
func (p *Provider) Stream(ctx context.Context, asked model.Prompt, emit func(string) error) error {
	system, user := prompt.Render(asked)
	started := false
	var refused error // of emit
	err := p.call(ctx, p.generation, generateRetries, func(ctx context.Context) error {
		err := p.transport.orWithoutThinking(func() error {
			return p.stream(ctx, system, user, func(piece string) error {
				started = true
				refused = emit(piece)
				return refused
			})
		})
		if err != nil && started {
			err = &model.BrokenStream{Cause: err}
		}
		return err
	})
	if refused != nil {
		return refused
	}
	return err
}

// stream makes one streaming call.
func (p *Provider) stream(ctx context.Context, system, user string, emit func(string) error) error {
	config := map[string]any{"maxOutputTokens": maxOutputTokens}
	if p.transport.sendsThinking() {
		config["thinkingConfig"] = p.transport.thinking
	}
	text := func(s string) []map[string]string { return []map[string]string{{"text": s}} }
	body := mustJSON(map[string]any{
		"systemInstruction": map[string]any{"parts": text(system)},
		"contents":          []map[string]any{{"role": "user", "parts": text(user)}},
		"generationConfig":  config,
	})
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, p.endpoint+"/v1beta/"+p.generation.model+":streamGenerateContent",
		bytes.NewReader(body),
	)
	if err != nil {
		return &model.ConfigError{
			Setting: p.generation.setting,
			Reason:  "is no part of a valid address",
		}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Goog-Api-Key", p.transport.key)
	// RoundTrip follows no redirects, which would send the key to another host.
	res, err := p.transport.base.RoundTrip(req)
	if err != nil {
		return &url.Error{Op: "Post", URL: "", Err: err}
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		refusal, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		return &model.Failure{Status: res.StatusCode, Header: res.Header, Body: refusal}
	}
	return p.readStream(io.LimitReader(res.Body, maxResponse), emit)
}

// readStream reads the array element by element. The answer is complete after a finish reason.
func (p *Provider) readStream(body io.Reader, emit func(string) error) error {
	decoder := json.NewDecoder(body)
	if _, err := decoder.Token(); err != nil {
		return &url.Error{Op: "Read", URL: "", Err: err}
	}
	var usage model.Usage
	defer func() { p.used(usage) }()
	usage.Call = "generate"
	finish, wrote := "", false
	for decoder.More() {
		var c chunk
		if err := decoder.Decode(&c); err != nil {
			return &model.UnavailableError{Reason: "the stream was cut"}
		}
		if c.Usage.Total > 0 {
			usage.Input, usage.Output = c.Usage.Prompt, c.Usage.Total-c.Usage.Prompt
		}
		switch {
		case c.Error != nil:
			return &model.Failure{
				Status: http.StatusInternalServerError,
				Body:   mustJSON(map[string]json.RawMessage{"error": c.Error}),
			}
		case c.PromptFeedback != nil && c.PromptFeedback.BlockReason != "":
			return fmt.Errorf("%w (%s)", model.ErrBlocked, c.PromptFeedback.BlockReason)
		case len(c.Candidates) == 0:
			continue
		}
		for _, part := range c.Candidates[0].Content.Parts {
			if part.Text == "" || part.Thought {
				continue
			}
			wrote = wrote || strings.TrimSpace(part.Text) != ""
			if err := emit(part.Text); err != nil {
				return err
			}
		}
		if reason := c.Candidates[0].FinishReason; reason != "" &&
			reason != "FINISH_REASON_UNSPECIFIED" {
			finish = reason
		}
	}
	switch {
	case finish == "" && !wrote:
		return fmt.Errorf("%w (no candidates)", model.ErrBlocked)
	case finish == "":
		return &model.UnavailableError{Reason: "the stream was cut"}
	case finish != finishStop && finish != finishMaxTokens:
		return fmt.Errorf("%w (%s)", model.ErrBlocked, finish)
	case !wrote:
		return &model.UnavailableError{Reason: "empty answer (finish reason " + finish + ")"}
	}
	if finish == finishMaxTokens { // half a price would look like another price
		return errCutShort
	}
	return nil
}

// errCutShort is returned for an answer that was cut at the limit of output tokens.
var errCutShort = &model.UnavailableError{
	Reason: "the output tokens were spent before the answer was written",
}
