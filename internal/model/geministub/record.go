package geministub

import (
	"net/http"
	"slices"
)

// maxRecords bounds the memory of a stand-in that runs for long. Later calls are only counted.
const maxRecords = 1000

// Request is one call as it arrived.
type Request struct {
	Method Method
	Model  string // without "models/"
	URL    string // with the query
	Header http.Header
	Body   string // JSON

	Texts  []Embedded // of an embedding call, in order
	System string     // the system instruction of a generation
	Turns  []Turn     // of a generation
}

// Embedded is one text of an embedding call. Dimensions is 0 if none were requested.
type Embedded struct {
	TaskType   string // such as RETRIEVAL_QUERY, also if it was sent as a number
	Title      string
	Text       string
	Dimensions int
}

// Turn is one content of a generation call.
type Turn struct{ Role, Text string }

// begin counts and records the call, and returns its scripted reply.
func (s *Server) begin(c *call) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.method]++
	c.record = &Request{
		Method: c.method,
		Model:  c.modelName,
		URL:    c.r.URL.String(),
		Header: c.r.Header.Clone(),
		Body:   string(c.body),
	}
	if len(s.requests) < maxRecords {
		s.requests = append(s.requests, c.record)
	}
	queue := s.script[c.method]
	if len(queue) == 0 {
		return Reply{}
	}
	s.script[c.method] = queue[1:]
	return queue[0]
}

// note adds facts read from the body to the record of the call.
func (s *Server) note(c *call, add func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(c.record)
}

// Requests returns all recorded calls, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.requests))
	for i, r := range s.requests {
		all[i] = *r
	}
	return all
}

// Last returns the latest recorded call of a method, or false if there is none.
func (s *Server) Last(method Method) (Request, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.requests) {
		if r.Method == method {
			return *r, true
		}
	}
	return Request{}, false
}

// Calls counts the calls of a method, refused ones included.
func (s *Server) Calls(method Method) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Items counts the texts embedded so far: each is one request against Google's quota.
func (s *Server) Items() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.items
}

// Reset deletes the recorded calls, counters and scripted replies. It does not change settings such
// as the answer.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.items = nil, 0
	clear(s.calls)
	clear(s.script)
}
