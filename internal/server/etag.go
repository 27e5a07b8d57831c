package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// tagResponse gives a 200 that declares an ETag one, and turns it into a 304 when the client has it
// already. The returned function restores the writer. Answers are written in one piece, so their
// hash is known before the first byte leaves; handlers that stream set the header themselves.
func tagResponse(c echo.Context) func() {
	response := c.Response()
	tagged := &tagWriter{
		ResponseWriter: response.Writer,
		response:       response,
		known:          c.Request().Header.Get("If-None-Match"),
	}
	response.Writer = tagged
	return func() { response.Writer = tagged.ResponseWriter }
}

type tagWriter struct {
	http.ResponseWriter
	response *echo.Response
	known    string // If-None-Match
	pending  bool   // a 200 waits for its first bytes
	silent   bool   // a 304 was sent: no body
}

func (w *tagWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		w.pending = true
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *tagWriter) Write(body []byte) (int, error) {
	if w.pending {
		w.pending = false
		header := w.Header()
		tag := header.Get("ETag")
		if tag == "" {
			tag = bodyTag(body)
			header.Set("ETag", tag)
		}
		if matches(w.known, tag) {
			header.Del("Content-Type")
			header.Del("Content-Length")
			w.silent = true
			w.response.Status = http.StatusNotModified
			w.ResponseWriter.WriteHeader(http.StatusNotModified)
		} else {
			if header.Get(
				"Content-Length",
			) == "" { // known, so the answer need not be sent in chunks
				header.Set("Content-Length", strconv.Itoa(len(body)))
			}
			w.ResponseWriter.WriteHeader(http.StatusOK)
		}
	}
	if w.silent {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *tagWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// matches compares weakly, as RFC 9110 section 13.1.2 asks of If-None-Match.
func matches(known, tag string) bool {
	if known == "" {
		return false
	}
	if strings.TrimSpace(known) == "*" {
		return true
	}
	for one := range strings.SplitSeq(known, ",") {
		if strings.TrimPrefix(strings.TrimSpace(one), "W/") == tag {
			return true
		}
	}
	return false
}
