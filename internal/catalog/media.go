package catalog

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/problem"
)

var errRange = &problem.Error{
	Status:     http.StatusRequestedRangeNotSatisfiable,
	Code:       "range_not_satisfiable",
	Resolution: problem.FixRequest,
	Detail:     "The image has no such bytes; Content-Range says how many it has.",
}

// mediaPolicy is the Content-Security-Policy of images: one opened as a page runs nothing.
const mediaPolicy = "default-src 'none'; sandbox"

// GetMedia returns an image, or a range of its bytes. The name of a file is made from its content,
// so it is the ETag as well.
func (c *Catalog) GetMedia(
	ctx context.Context, r api.GetMediaRequestObject,
) (api.GetMediaResponseObject, error) {
	file, err := c.media.Get(ctx, r.Path)
	if errors.Is(err, media.ErrNotFound) {
		return nil, ErrMediaNotFound
	}
	if err != nil {
		return nil, err
	}
	return mediaResponse{ctx, r, file}, nil
}

// mediaResponse sends a file by the rules of http.ServeContent.
type mediaResponse struct {
	ctx     context.Context // of the request, which ends after the file is written
	request api.GetMediaRequestObject
	file    *media.File
}

// VisitGetMediaResponse implements api.GetMediaResponseObject.
func (m mediaResponse) VisitGetMediaResponse(w http.ResponseWriter) error {
	defer func() { _ = m.file.Close() }()
	header := w.Header()
	header.Set("Content-Type", m.file.ContentType)
	header.Set("ETag", `"`+m.request.Path+`"`)
	header.Set("Cache-Control", media.CacheControl)
	header.Set("Content-Security-Policy", mediaPolicy)
	out := &rangeWriter{ResponseWriter: w}
	http.ServeContent(out, m.conditions(), "", time.Time{}, m.file)
	if out.refused {
		return errRange
	}
	return nil
}

// conditions returns a request with the headers that http.ServeContent reads.
func (m mediaResponse) conditions() *http.Request {
	r := (&http.Request{Method: http.MethodGet, Header: http.Header{}}).WithContext(m.ctx)
	p := m.request.Params
	for name, value := range map[string]*string{
		"If-Range":      p.IfRange,
		"If-None-Match": p.IfNoneMatch,
	} {
		if value != nil {
			r.Header.Set(name, *value)
		}
	}
	// A server may ignore Range (RFC 9110, section 14.2). Several ranges would cost more than they
	// save, and one that is malformed has no useful response.
	if p.Range != nil && isRange(*p.Range) {
		r.Header.Set("Range", *p.Range)
	}
	return r
}

var rangePattern = regexp.MustCompile(`^bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-[0-9]{1,18})$`)

// isRange reports whether a header asks for one range of bytes.
func isRange(header string) bool {
	parts := rangePattern.FindStringSubmatch(header)
	if parts == nil {
		return false
	}
	first, _ := strconv.ParseInt(parts[1], 10, 64) // 18 digits fit, and absent ones are 0
	last, err := strconv.ParseInt(parts[2], 10, 64)
	return err != nil || first <= last
}

// rangeWriter discards the plain text that http.ServeContent writes about a range that does not
// exist: the client gets a problem instead.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

func (w *rangeWriter) WriteHeader(status int) {
	w.refused = status == http.StatusRequestedRangeNotSatisfiable
	if !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *rangeWriter) Write(body []byte) (int, error) {
	if w.refused {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}
