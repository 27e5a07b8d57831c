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

// mediaParts is the media type of bodies whose parts are read one by one, by the handler of the
// operation.
const mediaParts = "multipart/form-data"

var errMultipart = problem.BadRequest(
	"malformed_multipart", "The Content-Type does not say what separates the parts of the body.",
)

// partsOptions leave a body of parts alone.
var partsOptions = func() *openapi3filter.Options {
	options := *validatorOptions
	options.ExcludeRequestBody = true
	return &options
}()

// hasParts reports whether the body is one of parts and the operation takes such.
func (op *operation) hasParts(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == mediaParts && slices.Contains(op.media, media)
}

// checkParts refuses a body of parts that is missing or cannot be told apart. It reads no more than
// a buffer of it.
func checkParts(r *http.Request) error {
	header := r.Header.Get("Content-Type")
	_, parameters, err := mime.ParseMediaType(header)
	if err != nil || parameters["boundary"] == "" {
		return errMultipart
	}
	r.Header.Set(
		"Content-Type", mediaParts+header[len(mediaParts):],
	) // the generated code minds upper and lower case
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

// wholeBody is the most that is read of a body at once: what an operation takes, unless that is for
// parts.
func (op *operation) wholeBody() int64 {
	if slices.Contains(op.media, mediaParts) {
		return min(op.maxBody, defaultMaxBody)
	}
	return op.maxBody
}
