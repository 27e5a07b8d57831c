package server

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/shopd/shopd/internal/platform/problem"
)

// mediaMultipart is the media type of forms with files. The operation's handler reads such a body
// part by part (see platform/multipart).
const mediaMultipart = "multipart/form-data"

var errMultipart = problem.BadRequest(
	"malformed_multipart", "The Content-Type does not say what separates the parts of the body.",
)

// multipartOptions make the validator skip the body.
var multipartOptions = func() *openapi3filter.Options {
	options := *validatorOptions
	options.ExcludeRequestBody = true
	return &options
}()

// isMultipart reports whether the body is a multipart form and the operation takes one.
func (op *operation) isMultipart(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == mediaMultipart && slices.Contains(op.media, media)
}

// checkMultipart refuses a multipart form that is empty or does not declare its boundary. It reads
// at most one buffer of the body.
func checkMultipart(r *http.Request) error {
	header := r.Header.Get("Content-Type")
	_, parameters, err := mime.ParseMediaType(header)
	if err != nil || parameters["boundary"] == "" {
		return errMultipart
	}
	// The generated code compares media types with regard to case.
	r.Header.Set("Content-Type", mediaMultipart+header[len(mediaMultipart):])
	body := bufio.NewReader(r.Body)
	if _, err := body.Peek(1); errors.Is(err, io.EOF) {
		return errNoBody
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	return nil
}

// maxBuffered returns how many bytes of a body are read into memory at most. Of multipart forms,
// which may be larger, nothing is.
func (op *operation) maxBuffered() int64 {
	if slices.Contains(op.media, mediaMultipart) {
		return min(op.maxBody, defaultMaxBody)
	}
	return op.maxBody
}
