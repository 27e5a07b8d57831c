package gemini

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/shopd/shopd/internal/model"
)

// maxResponse limits the size of a response. A full batch of 100 vectors of 3,072 numbers is about
// 6 MiB.
const maxResponse = 32 << 20

// maxRefusal limits how much of an error is read. Google's errors are about 2 KiB.
const maxRefusal = 64 << 10

// transport sends all requests to Google's API. It adds the key, and the thinkingConfig, for which
// the SDK has no field.
type transport struct {
	base *http.Transport
	key  string
	// thinking is added to generation requests as thinkingConfig; nil adds none.
	thinking json.RawMessage
	// withoutThinking is set after the model has refused thinkingConfig.
	withoutThinking atomic.Bool
}

func newTransport(key string, thinking json.RawMessage) *transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 16 // two is the default; indexing and questions run at once
	return &transport{base: base, key: key, thinking: thinking}
}

// RoundTrip sends the request with the key and reads the whole response, so that a connection cut
// in the middle is a connection error like any other. It returns an error for a status other than
// 200, so that the SDKs do not see it: they would retry a 503 without end, and report only the
// deadline.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	generates := strings.HasSuffix(req.URL.Path, ":generateContent")
	req = req.Clone(req.Context()) // a RoundTripper may not change its caller's request
	req.Header.Set("X-Goog-Api-Key", t.key)
	if generates && t.sendsThinking() {
		if err := t.addThinking(req); err != nil {
			return nil, err
		}
	}
	res, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		// An error is ignored: the status is enough without the text.
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		return nil, &model.Failure{Status: res.StatusCode, Header: res.Header, Body: body}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponse {
		return nil, fmt.Errorf("answer over %d bytes", maxResponse)
	}
	if generates {
		body = withoutThoughts(body)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	return res, nil
}

// withoutThoughts removes every part that is not text of the answer: the SDK fails on a part with
// only a thought signature, and returns a part marked as thought as if it were the answer. It
// returns a body that it cannot read unchanged, so that the SDK returns an error.
func withoutThoughts(body []byte) []byte {
	var answer map[string]json.RawMessage
	var candidates []map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil ||
		json.Unmarshal(answer["candidates"], &candidates) != nil {
		return body
	}
	for _, candidate := range candidates {
		var content map[string]json.RawMessage
		var parts []json.RawMessage
		if json.Unmarshal(candidate["content"], &content) != nil ||
			json.Unmarshal(content["parts"], &parts) != nil {
			continue
		}
		texts := make([]json.RawMessage, 0, len(parts))
		for _, part := range parts {
			var p struct {
				Text    *string `json:"text"`
				Thought bool    `json:"thought"`
			}
			if json.Unmarshal(part, &p) == nil && p.Text != nil && !p.Thought {
				texts = append(texts, part)
			}
		}
		content["parts"] = mustJSON(texts)
		candidate["content"] = mustJSON(content)
	}
	answer["candidates"] = mustJSON(candidates)
	return mustJSON(answer)
}

// mustJSON encodes strings and JSON that was just decoded, which cannot fail.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
