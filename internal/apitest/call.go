package apitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
)

// Caller calls the server as somebody, and checks every exchange against the contract.
type Caller struct {
	t     testing.TB
	url   string
	shop  *Shop
	token string
}

// URL is the server's address.
func (c Caller) URL() string { return c.url }

// As returns a caller with an access token.
func (c Caller) As(token string) Caller {
	c.token = token
	return c
}

// Token is the caller's access token.
func (c Caller) Token() string { return c.token }

// Header is one header of a call.
type Header struct{ Name, Value string }

// Get calls an address.
func (c Caller) Get(path string, headers ...Header) *Answer {
	c.t.Helper()
	return c.Call(http.MethodGet, path, nil, headers...)
}

// Post sends JSON, or a Raw body as it is.
func (c Caller) Post(path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	return c.Call(http.MethodPost, path, body, headers...)
}

// Put sends JSON, or a Raw body as it is.
func (c Caller) Put(path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	return c.Call(http.MethodPut, path, body, headers...)
}

// Patch sends JSON.
func (c Caller) Patch(path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	return c.Call(http.MethodPatch, path, body, headers...)
}

// Delete removes what an address names.
func (c Caller) Delete(path string) *Answer {
	c.t.Helper()
	return c.Call(http.MethodDelete, path, nil)
}

// Raw is a body that is not JSON, or not meant to be.
type Raw struct {
	ContentType string
	Content     string
}

// Call sends a request, and checks it and the response against the contract: the response must be
// documented, and a request that breaks the contract must not succeed.
func (c Caller) Call(method, path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	content, contentType := encode(c.t, body)
	request, err := http.NewRequestWithContext(
		c.t.Context(), method, c.url+path, bytes.NewReader(content),
	)
	require.NoError(c.t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
	}
	response, err := client.Do(request)
	require.NoError(c.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	answer := &Answer{t: c.t, Status: response.StatusCode, Header: response.Header, Body: text}
	check(c.t, request, content, answer.unzipped())
	return answer
}

// client follows no redirects, has enough connections for races, and a shorter timeout than a test
// run.
var client = &http.Client{
	Timeout:       time.Minute,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func encode(t testing.TB, body any) (content []byte, contentType string) {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil, ""
	case Raw:
		return []byte(b.Content), b.ContentType
	}
	content, err := json.Marshal(body)
	require.NoError(t, err)
	return content, "application/json"
}

// Answer is a response.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// unzipped returns the response as it was before it was compressed.
func (a *Answer) unzipped() *Answer {
	if a.Header.Get("Content-Encoding") != "gzip" || len(a.Body) == 0 {
		return a
	}
	reader, err := gzip.NewReader(bytes.NewReader(a.Body))
	require.NoError(a.t, err)
	plain := *a
	plain.Body, err = io.ReadAll(reader)
	require.NoError(a.t, err)
	return &plain
}

// Want requires a status.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	require.Equal(a.t, status, a.Status, "%s", a.Body)
	return a
}

// Into decodes the body into what target points to; nothing that was there stays.
func (a *Answer) Into(target any) *Answer {
	a.t.Helper()
	reflect.ValueOf(target).Elem().SetZero()
	require.NoError(a.t, json.Unmarshal(a.Body, target), "%s", a.Body)
	return a
}

// Problem requires a problem with a status and a code.
func (a *Answer) Problem(status int, code string) api.Problem {
	a.t.Helper()
	a.Want(status)
	var problem api.Problem
	a.Into(&problem)
	require.Equal(a.t, code, problem.Code, "%s", a.Body)
	return problem
}

// Login returns a caller for an account.
func (s *Shop) Login(email, password string) Caller {
	s.t.Helper()
	var pair api.TokenPair
	s.Post("/api/v1/auth/login", map[string]string{"email": email, "password": password}).
		Want(http.StatusOK).
		Into(&pair)
	return s.As(pair.AccessToken)
}

// Admin returns a caller for the demo administrator.
func (s *Shop) Admin() Caller {
	s.t.Helper()
	return s.Login(AdminEmail, AdminPassword)
}

// Customer registers an account and returns a caller for it.
func (s *Shop) Customer() Caller {
	s.t.Helper()
	email := "customer-" + randomWord() + "@example.com"
	s.Post("/api/v1/auth/register", map[string]string{
		"email": email, "password": "correct horse 9", "first_name": "Ada", "last_name": "Lovelace",
	}).Want(http.StatusCreated)
	return s.Login(email, "correct horse 9")
}

// String is the body as text.
func (a *Answer) String() string { return strings.TrimSpace(string(a.Body)) }
