package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// tagResponse gives a 200 its ETag, and turns it into a 304 if the client has that version already.
// The returned function restores the writer. Responses are written in one piece, so their hash is
// known before the first byte is sent; handlers that stream set the header themselves.
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
	pending  bool   // the status is 200, and its header is not sent yet
	unneeded bool   // a 304 was sent, which has no body
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
			w.unneeded = true
			w.response.Status = http.StatusNotModified
			w.ResponseWriter.WriteHeader(http.StatusNotModified)
		} else {
			if header.Get("Content-Length") == "" { // so that it is not sent in chunks
				header.Set("Content-Length", strconv.Itoa(len(body)))
			}
			w.ResponseWriter.WriteHeader(http.StatusOK)
		}
	}
	if w.unneeded {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *tagWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// matches reports whether If-None-Match lists the tag, compared weakly (RFC 9110, section 13.1.2).
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
