package geministub

import (
	"fmt"
	"net/http"
	"time"
)

// Reply is what a scripted call gets instead of, or on top of, the usual answer.
type Reply struct {
	Status int           // not 0: answer this status and Body, and nothing else
	Body   string        // Google's error JSON, unless it starts with "<": HTML
	Header http.Header   // added to the answer
	Delay  time.Duration // wait first; ends early when the client leaves
	Cut    bool          // close the connection: before an answer, or after the first piece of a stream

	// alter changes a generated answer before it is sent.
	alter func(*generateResponse)
	// midStream is sent as an array element in place of the rest of a stream.
	midStream *apiError
}

// Next makes the next n calls of a method get this reply; several scripts follow one another. A
// scripted call is counted and recorded like any other, and its key is checked first.
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

// QuotaPerDay is a 429 of a daily quota. Google sends a delay with it that is far too short.
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
		Body:   "<!DOCTYPE html><html><title>Error 500 (Server Error)!!1</title><p>That’s an error.</html>",
	}
}

// Overloaded is the 503 of a busy model.
func Overloaded() Reply {
	return (&apiError{
		Code: http.StatusServiceUnavailable, Status: "UNAVAILABLE",
		Message: "The model is overloaded. Please try again later.",
	}).reply()
}

// Troubles of the connection.

// Hang waits before the usual answer.
func Hang(d time.Duration) Reply { return Reply{Delay: d} }

// Cut closes the connection: without an answer, or in the middle of a stream.
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

// PromptBlocked refuses the question: no candidates, a block reason.
func PromptBlocked() Reply {
	return Reply{alter: func(res *generateResponse) {
		*res = generateResponse{
			PromptFeedback: &promptFeedback{BlockReason: blockSafety},
			Usage:          res.Usage,
		}
	}}
}

// AnswerBlocked refuses the answer: a candidate without content.
func AnswerBlocked() Reply { return finish(finishSafety, false) }

// NoCandidates is an answer without any.
func NoCandidates() Reply {
	return Reply{alter: func(res *generateResponse) { res.Candidates = nil }}
}

// MaxTokensEmpty is an output budget that was spent on thought: no parts at all.
func MaxTokensEmpty() Reply { return finish(finishMaxTokens, false) }

// MaxTokensCut is an answer that ends where the output budget did.
func MaxTokensCut() Reply { return finish(finishMaxTokens, true) }

func finish(reason enum, keep bool) Reply {
	return Reply{alter: func(res *generateResponse) {
		res.Candidates[0].FinishReason = reason
		if !keep {
			res.Candidates[0].Content = &content{Role: "model"}
		}
	}}
}

// WithThought adds what a thinking model may send around its text: a thought and a part that holds
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

// sleep returns false when the client left or the server closed.
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
