// Package geministub is a stand-in for Google's Gemini REST API, for tests and for trying out the
// shop without a key. It uses the observed wire format of the real service, including enums as
// numbers and details of errors, and is as strict, so that the real service should accept the
// requests it accepts. It cannot show that the real service behaves in the same way.
//
// Vectors are made of the words of a text, so texts with words in common are close. Answers are
// written from the product lines of the prompt; SetAnswer changes that. Next makes the next calls
// fail.
package geministub

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Method is a method of the API.
type Method string

// The supported methods.
const (
	EmbedContent          Method = "embedContent"
	BatchEmbedContents    Method = "batchEmbedContents"
	GenerateContent       Method = "generateContent"
	StreamGenerateContent Method = "streamGenerateContent"
	CountTokens           Method = "countTokens"
)

// maxBody is Google's limit of a request.
const maxBody = 4 << 20

// Server is the stand-in. As an http.Handler it can be mounted anywhere; URL makes it listen by
// itself. All methods are safe for concurrent use.
type Server struct {
	mu       sync.Mutex
	key      string // the only accepted key; empty accepts any
	models   map[string]model
	answer   Answer
	script   map[Method][]Reply
	requests []*Request
	calls    map[Method]int
	items    int
	onEmbed  func()
	quota    quota

	listen sync.Once
	url    string
	http   *http.Server
}

// model says for which calls a model can be used.
type model struct{ embeds, generates, retired bool }

// New returns a stand-in with the usual models, which accepts any key and answers with Obedient.
func New() *Server {
	return &Server{
		models: map[string]model{
			"gemini-embedding-001":  {embeds: true},
			"gemini-embedding-2":    {embeds: true},
			"gemini-2.0-flash":      {generates: true},
			"gemini-2.5-flash":      {generates: true},
			"gemini-2.5-flash-lite": {generates: true},
			"gemini-3.5-flash":      {generates: true},
			"gemini-3.5-flash-lite": {generates: true},
			"gemini-3.7-flash":      {generates: true},
		},
		answer: Obedient,
		script: map[Method][]Reply{},
		calls:  map[Method]int{},
	}
}

// URL returns the address of the server. The first call makes it listen on a free port of the
// loopback interface.
func (s *Server) URL() string {
	s.listen.Do(func() {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			panic("geministub: " + err.Error())
		}
		s.url = "http://" + listener.Addr().String()
		s.http = &http.Server{Handler: s}
		go func() { _ = s.http.Serve(listener) }()
	})
	return s.url
}

// Close stops listening and closes all connections, including those of delayed responses.
func (s *Server) Close() {
	s.listen.Do(func() {}) // if it does not listen yet, it never will
	if s.http != nil {
		_ = s.http.Close()
	}
}

// RequireKey makes every other key invalid.
func (s *Server) RequireKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// OnEmbed sets a function that is called before the response to each embedding call; nil for none.
func (s *Server) OnEmbed(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onEmbed = f
}

// Retire makes calls of a model return 404, as for deprecated ones.
func (s *Server) Retire(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models[strings.TrimPrefix(name, "models/")] = model{retired: true}
}

// ServeHTTP handles one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, method, ok := route(r.URL.Path)
	if !ok || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		invalid("Request payload size exceeds the limit: 4194304 bytes.").write(w)
		return
	}
	if err != nil {
		return // the client disconnected
	}
	call := &call{method: method, modelName: name, body: body, r: r}
	call.numericEnums = strings.Contains(r.URL.Query().Get("$alt"), "enum-encoding=int")
	reply := s.begin(call)
	if refusal := s.checkKey(r); refusal != nil {
		refusal.write(w)
		return
	}
	if reply.Delay > 0 && !sleep(r, reply.Delay) {
		return
	}
	switch {
	case reply.Cut && method != StreamGenerateContent:
		panic(http.ErrAbortHandler) // net/http closes the connection without a response
	case reply.Status != 0:
		reply.write(w)
		return
	}
	if refusal := s.serve(w, call, reply); refusal != nil {
		refusal.write(w)
	}
}

// call is one request that the stand-in handles.
type call struct {
	method       Method
	modelName    string
	body         []byte
	r            *http.Request
	numericEnums bool
	record       *Request
}

func (s *Server) serve(w http.ResponseWriter, c *call, reply Reply) *apiError {
	switch c.method {
	case EmbedContent:
		return s.embed(w, c)
	case BatchEmbedContents:
		return s.batchEmbed(w, c)
	case CountTokens:
		return s.countTokens(w, c)
	default:
		return s.generate(w, c, reply)
	}
}

// route parses /v1beta/models/{model}:{method}.
func route(path string) (name string, method Method, ok bool) {
	rest, ok := strings.CutPrefix(path, "/v1beta/models/")
	if !ok {
		return "", "", false
	}
	name, verb, ok := strings.Cut(rest, ":")
	switch method = Method(verb); method {
	case EmbedContent, BatchEmbedContents, GenerateContent, StreamGenerateContent, CountTokens:
		return name, method, ok
	}
	return "", "", false
}

// checkKey refuses a wrong key, and a key in the URL. The real service accepts it there, but so it
// would get into logs and error texts.
func (s *Server) checkKey(r *http.Request) *apiError {
	if r.URL.Query().Has("key") {
		return invalid("This stand-in refuses a key in the URL; send it as x-goog-api-key.")
	}
	s.mu.Lock()
	want := s.key
	s.mu.Unlock()
	switch got := r.Header.Get("X-Goog-Api-Key"); {
	case got == "":
		return errNoKey()
	case want != "" && got != want:
		return errKeyInvalid()
	}
	return nil
}

// find returns an error if the model of a call does not exist or does not fit the call.
func (s *Server) find(c *call, fits func(model) bool) *apiError {
	s.mu.Lock()
	known, ok := s.models[c.modelName]
	s.mu.Unlock()
	switch {
	case known.retired:
		return errRetired(c.modelName)
	case !ok || !fits(known):
		return errUnknownModel(c.modelName, c.method)
	}
	return nil
}
