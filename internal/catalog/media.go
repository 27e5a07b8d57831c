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

// mediaPolicy keeps an image that is opened by itself from doing anything.
const mediaPolicy = "default-src 'none'; sandbox"

// GetMedia answers an image, or a part of it. Its name is made from its content and therefore its
// ETag.
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

// mediaResponse is a file answered by the rules of http.ServeContent.
type mediaResponse struct {
	ctx   context.Context // of the request, which ends after the file is written
	asked api.GetMediaRequestObject
	file  *media.File
}

// VisitGetMediaResponse implements api.GetMediaResponseObject.
func (m mediaResponse) VisitGetMediaResponse(w http.ResponseWriter) error {
	defer func() { _ = m.file.Close() }()
	header := w.Header()
	header.Set("Content-Type", m.file.ContentType)
	header.Set("ETag", `"`+m.asked.Path+`"`)
	header.Set("Cache-Control", media.CacheControl)
	header.Set("Content-Security-Policy", mediaPolicy)
	answer := &rangeWriter{ResponseWriter: w}
	http.ServeContent(answer, m.conditions(), "", time.Time{}, m.file)
	if answer.refused {
		return errRange
	}
	return nil
}

// conditions are the headers that decide what is answered, as a request.
func (m mediaResponse) conditions() *http.Request {
	r := (&http.Request{Method: http.MethodGet, Header: http.Header{}}).WithContext(m.ctx)
	p := m.asked.Params
	for name, value := range map[string]*string{"If-Range": p.IfRange, "If-None-Match": p.IfNoneMatch} {
		if value != nil {
			r.Header.Set(name, *value)
		}
	}
	// A server may leave Range out of account (RFC 9110, section 14.2): several at once would cost
	// more than they save. One that is not well formed is left out too: there would be nothing to
	// say of what can be had.
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

// rangeWriter holds the plain text back that http.ServeContent writes about a range that is not
// there.
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
