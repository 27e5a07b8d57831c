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

// maxResponse caps what is read of an answer. A full batch of 100 vectors of 3,072 numbers is about
// 6 MiB.
const maxResponse = 32 << 20

// maxRefusal caps what is read of an error; Google's are about 2 KiB.
const maxRefusal = 64 << 10

// transport is the one way to Google's API: it adds the key, and what the mandated SDK cannot
// express.
type transport struct {
	base *http.Transport
	key  string
	// thinking is added to generation requests as thinkingConfig; nil for models of no known
	// family.
	thinking json.RawMessage
	// withoutThinking is set once the model has refused it.
	withoutThinking atomic.Bool
}

func newTransport(key string, thinking json.RawMessage) *transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 16 // two is the default; indexing and questions run at once
	return &transport{base: base, key: key, thinking: thinking}
}

// RoundTrip sends the request with the key and reads the whole answer, so that a connection cut in
// the middle is a connection error like any other. An answer other than 200 is an error, so that
// neither SDK sees the status: they would retry a 503 without end and report only the deadline.
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
		body, _ := io.ReadAll(
			io.LimitReader(res.Body, maxRefusal),
		) // the status is worth more than a complete text
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
		body = keepAnswerText(body)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	return res, nil
}

// keepAnswerText drops every part that is not text of the answer: a part with only a thought
// signature makes the SDK fail, and a part marked as thought would come through as if it were the
// answer. An answer it cannot read is passed on as it is, for the SDK to complain about.
func keepAnswerText(body []byte) []byte {
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
		kept := make([]json.RawMessage, 0, len(parts))
		for _, part := range parts {
			var p struct {
				Text    *string `json:"text"`
				Thought bool    `json:"thought"`
			}
			if json.Unmarshal(part, &p) == nil && p.Text != nil && !p.Thought {
				kept = append(kept, part)
			}
		}
		content["parts"] = mustJSON(kept)
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
