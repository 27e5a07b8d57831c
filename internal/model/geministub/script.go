package geministub

import (
	"fmt"
	"net/http"
	"time"
)

// Reply says how the response to a scripted call differs from the usual one.
type Reply struct {
	Status int           // if not 0, only this status and Body are sent
	Body   string        // JSON of an error, or HTML if it starts with "<"
	Header http.Header   // added to the response
	Delay  time.Duration // before the response; ends early if the client disconnects
	// Cut closes the connection: before a response, or after the first piece of a stream.
	Cut bool

	// alter changes a generated response before it is sent.
	alter func(*generateResponse)
	// midStream is sent as an array element instead of the rest of a stream.
	midStream *apiError
}

// Next sets the reply to the next n calls of a method that have none yet. A scripted call is
// counted and recorded like any other, and its key is checked first.
func (s *Server) Next(method Method, n int, reply Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.script[method] = append(s.script[method], reply)
	}
}

// Refusals.

// QuotaPerMinute is a 429 with a retry delay such as "46s" or "46.837s".
func QuotaPerMinute(retryDelay string) Reply {
	return errQuota("Please retry in "+retryDelay+".", "generate_content_free_tier_requests",
		"GenerateRequestsPerMinutePerProjectPerModel-FreeTier", retryDelay).reply()
}

// QuotaPerDay is a 429 of a daily quota, with a delay that is much too short, as Google sends it.
func QuotaPerDay() Reply {
	return errQuota("Please retry in 12s.", "generate_content_free_tier_requests",
		"GenerateRequestsPerDayPerProjectPerModel-FreeTier", "12s").reply()
}

// QuotaUnexplained is a 429 that says neither which quota nor how long.
func QuotaUnexplained() Reply {
	return (&apiError{
		Code: http.StatusTooManyRequests, Status: "RESOURCE_EXHAUSTED",
		Message: "Resource has been exhausted (e.g. check quota).",
	}).reply()
}

// KeyInvalid is the 400 for a wrong or expired key.
func KeyInvalid() Reply { return errKeyInvalid().reply() }

// KeySuspended is the 403 that quotes the key in its message, as Google's does.
func KeySuspended(key string) Reply {
	return (&apiError{
		Code: http.StatusForbidden, Status: "PERMISSION_DENIED",
		Message: "Permission denied: Consumer 'api_key:" + key + "' has been suspended.",
		Details: []map[string]any{errorInfo("CONSUMER_SUSPENDED")},
	}).reply()
}

// LocationRefused is the 400 for a server in a country that is not served.
func LocationRefused() Reply {
	return (&apiError{
		Code: http.StatusBadRequest, Status: "FAILED_PRECONDITION",
		Message: "User location is not supported for the API use.",
	}).reply()
}

// InvalidArgument is the 400 that does not say what is wrong.
func InvalidArgument() Reply { return invalid("Request contains an invalid argument.").reply() }

// ModelRetired is the 404 of a deprecated model; see also Server.Retire.
func ModelRetired(name string) Reply { return errRetired(name).reply() }

// Internal is the 500 of a proxy in front of the service, in HTML.
func Internal() Reply {
	return Reply{
		Status: http.StatusInternalServerError,
		Body: "<!DOCTYPE html><html><title>Error 500 (Server Error)!!1</title>" +
			"<p>That’s an error.</html>",
	}
}

// Overloaded is the 503 of a busy model.
func Overloaded() Reply {
	return (&apiError{
		Code: http.StatusServiceUnavailable, Status: "UNAVAILABLE",
		Message: "The model is overloaded. Please try again later.",
	}).reply()
}

// Problems of the connection.

// Hang waits before the usual response.
func Hang(d time.Duration) Reply { return Reply{Delay: d} }

// Cut closes the connection: without a response, or in the middle of a stream.
func Cut() Reply { return Reply{Cut: true} }

// StreamError puts an error object into a stream after its first piece.
func StreamError() Reply {
	return Reply{
		midStream: &apiError{
			Code:    http.StatusInternalServerError,
			Status:  "INTERNAL",
			Message: "An internal error has occurred.",
		},
	}
}

// Odd responses to a generation, all with status 200.

// PromptBlocked refuses the question: it has no candidates, and a block reason.
func PromptBlocked() Reply {
	return Reply{alter: func(res *generateResponse) {
		*res = generateResponse{
			PromptFeedback: &promptFeedback{BlockReason: blockSafety},
			Usage:          res.Usage,
		}
	}}
}

// AnswerBlocked refuses the answer: it has a candidate without content.
func AnswerBlocked() Reply { return finish(finishSafety, false) }

// NoCandidates is a response without candidates.
func NoCandidates() Reply {
	return Reply{alter: func(res *generateResponse) { res.Candidates = nil }}
}

// MaxTokensEmpty is a response without parts: all output tokens were spent on thinking.
func MaxTokensEmpty() Reply { return finish(finishMaxTokens, false) }

// MaxTokensCut is an answer that was cut at the limit of output tokens.
func MaxTokensCut() Reply { return finish(finishMaxTokens, true) }

func finish(reason enum, withText bool) Reply {
	return Reply{alter: func(res *generateResponse) {
		res.Candidates[0].FinishReason = reason
		if !withText {
			res.Candidates[0].Content = &content{Role: "model"}
		}
	}}
}

// WithThought adds parts that a thinking model may send with its text: a thought, and a part with
// only a signature.
func WithThought() Reply {
	return Reply{alter: func(res *generateResponse) {
		c := res.Candidates[0].Content
		c.Parts = append([]part{{Text: "The customer wants a bargain.", Thought: true}}, c.Parts...)
		c.Parts = append(c.Parts, part{ThoughtSignature: "c2lnbmF0dXJl"})
	}}
}

func (r Reply) write(w http.ResponseWriter) {
	for name, values := range r.Header {
		w.Header()[name] = values
	}
	kind := "application/json; charset=UTF-8"
	if len(r.Body) > 0 && r.Body[0] == '<' {
		kind = "text/html; charset=UTF-8"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(r.Status)
	fmt.Fprint(w, r.Body)
}

// sleep returns false if the client disconnects or the server is closed.
func sleep(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
