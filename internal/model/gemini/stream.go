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

// chunk is an element of the array that a stream is.
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

// How a candidate may end. Without one of these the stream was cut, whatever the connection says.
const (
	finishStop      = "STOP"
	finishMaxTokens = "MAX_TOKENS"
)

// Stream writes the answer to a prompt piece by piece. It is tried again only as long as nothing
// was handed over.
func (p *Provider) Stream(ctx context.Context, asked model.Prompt, emit func(string) error) error {
	system, user := prompt.Render(asked)
	started := false
	var refused error // by emit: not the model's fault
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
			Reason:  "no address can be made of it",
		}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Goog-Api-Key", p.transport.key)
	res, err := p.transport.base.RoundTrip(
		req,
	) // redirects are not followed: they would hand the key to another host
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

// readStream reads the array element by element. It is complete when a candidate said how it ended.
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
	if finish == finishMaxTokens { // half a price reads as another
		return errCutShort
	}
	return nil
}

// errCutShort is an answer that ends where the output budget did.
var errCutShort = &model.UnavailableError{
	Reason: "the output tokens were spent before the answer was written",
}
