package server

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/request"
)

// shapeResponse gives a 200 its ETag, turns it into a 304 if the client has that version already,
// and compresses JSON for clients that read gzip. The returned function restores the writer. JSON
// is written in one piece, so that its hash and length are known before the first byte is sent;
// handlers that stream set their headers themselves.
func shapeResponse(c echo.Context, op *operation) (restore func()) {
	zips := op.zips && request.From(c.Request().Context()).AcceptsGzip
	if !op.tagged && !zips {
		return func() {}
	}
	response := c.Response()
	shaper := &responseShaper{
		ResponseWriter: response.Writer,
		response:       response,
		known:          c.Request().Header.Get("If-None-Match"),
		tags:           op.tagged,
		zips:           zips,
	}
	response.Writer = shaper
	return func() {
		response.Writer = shaper.ResponseWriter
		if shaper.pending != 0 { // there was no body
			shaper.ResponseWriter.WriteHeader(shaper.pending)
		}
	}
}

type responseShaper struct {
	http.ResponseWriter
	response *echo.Response
	known    string // If-None-Match
	tags     bool   // a 200 has an ETag
	zips     bool   // the client reads gzip, and the operation may use it
	pending  int    // the status, as long as its header is not sent
	unneeded bool   // a 304 was sent, which has no body
	zipped   bool   // the compressed body was sent
}

func (w *responseShaper) WriteHeader(status int) {
	if w.tags && status == http.StatusOK || w.zips && mayHaveBody(status) {
		w.pending = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// mayHaveBody reports whether responses of a status have a body (RFC 9110, section 6.4.1).
func mayHaveBody(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent &&
		status != http.StatusNotModified
}

func (w *responseShaper) Write(body []byte) (int, error) {
	switch {
	case w.pending != 0:
		return len(body), w.begin(body)
	case w.unneeded:
		return len(body), nil
	case w.zipped:
		return 0, errors.New("JSON was written in pieces")
	}
	return w.ResponseWriter.Write(body)
}

// begin sends the header and the first piece of the body, which is all of it if it is JSON.
func (w *responseShaper) begin(body []byte) error {
	status, header := w.pending, w.Header()
	w.pending = 0
	isTagged := w.tags && status == http.StatusOK
	if isTagged && header.Get("ETag") == "" {
		header.Set("ETag", bodyTag(body))
	}
	w.zipped = w.zips && isZippable(header, body)
	if tag := header.Get("ETag"); w.zipped && tag != "" {
		header.Set("ETag", zippedTag(tag))
	}
	if isTagged && matches(w.known, header.Get("ETag")) {
		header.Del("Content-Type")
		header.Del("Content-Length")
		w.unneeded = true
		w.response.Status = http.StatusNotModified
		w.ResponseWriter.WriteHeader(http.StatusNotModified)
		return nil
	}
	if w.zipped {
		body = zip(body)
		header.Set(echo.HeaderContentEncoding, "gzip")
		header.Set("Content-Length", strconv.Itoa(len(body)))
	} else if isTagged && header.Get("Content-Length") == "" { // so that it is not sent in chunks
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.ResponseWriter.WriteHeader(status)
	_, err := w.ResponseWriter.Write(body)
	return err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *responseShaper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// matches reports whether If-None-Match lists the tag, compared weakly (RFC 9110, section 13.1.2).
// Compressed or not, a response of the same tag says the same.
func matches(known, tag string) bool {
	if known == "" {
		return false
	}
	if strings.TrimSpace(known) == "*" {
		return true
	}
	for one := range strings.SplitSeq(known, ",") {
		if plainTag(strings.TrimPrefix(strings.TrimSpace(one), "W/")) == plainTag(tag) {
			return true
		}
	}
	return false
}
