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

// enum is a value of an answer. Google writes numbers when asked for enum-encoding=int, else names.
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

// taskType of an embedding; requests may name it or give its number.
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

// Error lets an apiError come out of a decoder.
func (e *apiError) Error() string { return e.Message }

// decode is strict about names, as Google is: a misspelt field is a 400 and not a default.
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
	_ = json.NewEncoder(w).Encode(v) // a client that left needs no answer
}
