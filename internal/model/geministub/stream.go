package geministub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// pieces splits an answer at its line ends into the pieces of a stream. Only the last has a finish
// reason.
func pieces(res generateResponse) []generateResponse {
	if len(res.Candidates) == 0 || res.Candidates[0].Content == nil ||
		len(res.Candidates[0].Content.Parts) == 0 {
		return []generateResponse{res}
	}
	var out []generateResponse
	for _, p := range res.Candidates[0].Content.Parts {
		for _, line := range strings.SplitAfter(p.Text, "\n") {
			piece := p
			piece.Text = line
			out = append(out, generateResponse{
				Candidates:   []candidate{{Content: &content{Role: "model", Parts: []part{piece}}}},
				ModelVersion: res.ModelVersion,
			})
		}
	}
	last := &out[len(out)-1]
	last.Candidates[0].FinishReason = res.Candidates[0].FinishReason
	last.Usage = res.Usage
	return out
}

// stream writes a JSON array, flushed piece by piece. The API sends server-sent events only if the
// client requests them.
func stream(w http.ResponseWriter, c *call, reply Reply, all []generateResponse) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	send := func(between string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			panic(err) // never: the types are those of this package
		}
		fmt.Fprintf(w, "%s%s", between, body)
		_ = http.NewResponseController(w).Flush()
	}
	between := "["
	for _, piece := range all {
		send(between, piece.encoded(c.numericEnums))
		between = "\n,\r\n"
		if reply.Cut {
			panic(http.ErrAbortHandler) // net/http closes the connection within the array
		}
		if reply.midStream != nil {
			send(between, map[string]any{"error": reply.midStream})
			break
		}
	}
	fmt.Fprint(w, "\n]\n")
}
