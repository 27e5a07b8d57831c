package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// minZipped is how many bytes a body has at least that is compressed: a smaller one fits into one
// packet as it is.
const minZipped = 1 << 10

// mayZip reports whether the JSON of a path may be compressed. Not where secrets are: the length of
// a compressed response that repeats what an attacker chose gives them away (BREACH).
func mayZip(path string) bool {
	return strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/api/v1/auth/")
}

// isZippable reports whether a body is worth its compression and not compressed yet.
func isZippable(header http.Header, body []byte) bool {
	return len(body) >= minZipped && header.Get(echo.HeaderContentEncoding) == "" &&
		header.Get(echo.HeaderContentType) == echo.MIMEApplicationJSON
}

var zippers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // a level there is: no error
	return w
}}

// zip compresses a body by gzip.
func zip(body []byte) []byte {
	packed := bytes.NewBuffer(make([]byte, 0, len(body)/2))
	w := zippers.Get().(*gzip.Writer)
	w.Reset(packed)
	_, _ = w.Write(body) // into memory: no error
	_ = w.Close()
	zippers.Put(w)
	return packed.Bytes()
}

// zipSuffix ends the ETag of a compressed response, as its bytes are others than those of the plain
// one (RFC 9110, section 8.8.3.3).
const zipSuffix = `-gzip"`

// zippedTag returns the ETag of the compressed form of a response.
func zippedTag(tag string) string {
	if rest, quoted := strings.CutSuffix(tag, `"`); quoted {
		return rest + zipSuffix
	}
	return tag
}

// plainTag returns the ETag of a response without compression.
func plainTag(tag string) string {
	if rest, zipped := strings.CutSuffix(tag, zipSuffix); zipped {
		return rest + `"`
	}
	return tag
}
