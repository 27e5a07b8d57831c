package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/shopd/shopd/internal/model"
)

// leastThinking returns the thinkingConfig for the least thinking: a short answer from given facts
// needs none, and thinking takes seconds and output tokens. The two families of models use
// different fields, and each refuses the other's. It returns nil for other models.
func leastThinking(model string) json.RawMessage {
	name := strings.TrimPrefix(model, "models/")
	switch {
	case strings.HasPrefix(name, "gemini-2.5-flash"): // not 2.5-pro, which refuses a budget of 0
		return json.RawMessage(`{"thinkingBudget":0}`)
	case strings.HasPrefix(name, "gemini-3") && strings.Contains(name, "flash"):
		return json.RawMessage(`{"thinkingLevel":"MINIMAL"}`)
	default:
		return nil
	}
}

func (t *transport) sendsThinking() bool { return t.thinking != nil && !t.withoutThinking.Load() }

// addThinking adds the thinkingConfig to a request. The SDK has no field for it.
func (t *transport) addThinking(req *http.Request) error {
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	_ = req.Body.Close()
	var body, config map[string]json.RawMessage
	if err := json.Unmarshal(sent, &body); err != nil {
		return fmt.Errorf("generation request: %w", err)
	}
	if raw, ok := body["generationConfig"]; ok {
		if err := json.Unmarshal(raw, &config); err != nil {
			return fmt.Errorf("generationConfig: %w", err)
		}
	}
	if config == nil {
		config = map[string]json.RawMessage{}
	}
	config["thinkingConfig"] = t.thinking
	body["generationConfig"] = mustJSON(config)
	sent = mustJSON(body)
	req.Body = io.NopCloser(bytes.NewReader(sent))
	req.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(sent)), nil
	}
	req.ContentLength = int64(len(sent))
	return nil
}

// orWithoutThinking runs generate, and runs it again without the thinkingConfig if the model may
// have refused that: some models say so, others only that "Request contains an invalid argument".
// Later requests are sent without it too, unless the second attempt was refused as well, so that
// the cause was another one.
func (t *transport) orWithoutThinking(generate func() error) error {
	sent := t.sendsThinking()
	err := generate()
	if !sent || !refusedAsInvalid(err) {
		return err
	}
	t.withoutThinking.Store(true)
	err = generate()
	if refusedAsInvalid(err) {
		t.withoutThinking.Store(false)
	}
	return err
}

// refusedAsInvalid reports whether an error is a 400 that is about the request, not about the key.
func refusedAsInvalid(err error) bool {
	var f *model.Failure
	return errors.As(err, &f) && f.Status == http.StatusBadRequest && !read(f).aboutKey()
}
