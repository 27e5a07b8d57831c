package geministub

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// content is a turn or a text to embed.
type content struct {
	Role  string `json:"role,omitempty"`
	Parts []part `json:"parts,omitempty"`
}

type part struct {
	Text             string `json:"text,omitempty"`
	Thought          bool   `json:"thought,omitempty"`
	ThoughtSignature string `json:"thoughtSignature,omitempty"`
}

func (c *content) text() string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	for _, p := range c.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// enum is an enum in a response. Google writes numbers if enum-encoding=int is requested, else
// names.
type enum struct {
	number int
	name   string
	named  bool
}

var (
	finishStop      = enum{number: 1, name: "STOP"}
	finishMaxTokens = enum{number: 2, name: "MAX_TOKENS"}
	finishSafety    = enum{number: 3, name: "SAFETY"}
	blockSafety     = enum{number: 1, name: "SAFETY"}
)

// MarshalJSON writes the number or the name.
func (e enum) MarshalJSON() ([]byte, error) {
	if e.named {
		return json.Marshal(e.name)
	}
	return json.Marshal(e.number)
}

// taskType is the task of an embedding. Requests have its name or its number.
type taskType string

// taskTypes are in the order of their numbers.
var taskTypes = []taskType{
	"TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY",
	"CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION",
	"CODE_RETRIEVAL_QUERY",
}

// UnmarshalJSON reads a name or a number.
func (t *taskType) UnmarshalJSON(b []byte) error {
	if n, err := strconv.Atoi(string(b)); err == nil && n >= 0 && n < len(taskTypes) {
		*t = taskTypes[n]
		return nil
	}
	for _, known := range taskTypes {
		if string(b) == strconv.Quote(string(known)) {
			*t = known
			return nil
		}
	}
	return invalid("Invalid value at 'task_type': %s", b)
}

// Error makes apiError an error, so that a decoder can return it.
func (e *apiError) Error() string { return e.Message }

// decode decodes a request. Like Google it refuses unknown fields.
func decode(body []byte, into any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		return nil
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid("Invalid JSON payload received. Unknown name %s: Cannot find field.", field)
	}
	return invalid("Invalid JSON payload received. %s", err)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v) // it fails only if the client has disconnected
}
