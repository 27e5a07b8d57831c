package server

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/request"
)

// cached answers from what is kept, or has next make the answer and keeps it. Those who ask for the
// same at the same time wait for one of them to make it. What is found was valid once, so it is
// sent before anything is validated.
func (s *Server) cached(c echo.Context, op *operation, next echo.HandlerFunc) error {
	r := c.Request()
	key := op.id + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery
	page, version, found := s.pages.Get(r.Context(), key)
	if found {
		return sendPage(c, page)
	}
	if version == "" {
		return answer(c, op, next)
	}
	request.From(r.Context()).CatalogueVersion = version
	made, err, _ := s.making.Do(version+key, func() (any, error) {
		// Others wait for this: it does not end because the first of them hangs up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), op.timeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		page, err := makePage(c, op, next)
		if err == nil && page.ContentType != "" {
			s.pages.Put(ctx, key, version, page, op.keep)
		}
		return page, err
	})
	if err != nil {
		return err
	}
	return sendPage(c, made.(cache.Page))
}

// makePage runs the handler and keeps what it writes from being sent.
func makePage(c echo.Context, op *operation, next echo.HandlerFunc) (cache.Page, error) {
	response := c.Response()
	writer := response.Writer
	held := &heldWriter{header: http.Header{}}
	response.Writer = held
	defer func() {
		response.Writer = writer
		response.Committed, response.Size, response.Status = false, 0, http.StatusOK
	}()
	if err := op.validate(c); err != nil {
		return cache.Page{}, err
	}
	if err := next(c); err != nil {
		return cache.Page{}, err
	}
	page := cache.Page{
		Made:        time.Now(),
		ContentType: held.header.Get("Content-Type"),
		ETag:        held.header.Get("ETag"),
		Body:        held.body.Bytes(),
	}
	if op.tagged && page.ETag == "" {
		page.ETag = bodyTag(page.Body)
	}
	return page, nil
}

// sendPage sends a page, or says that the client has it.
func sendPage(c echo.Context, page cache.Page) error {
	response := c.Response()
	header := response.Header()
	if page.ETag != "" {
		header.Set("ETag", page.ETag)
	}
	if age := int(time.Since(page.Made).Seconds()); age > 0 {
		header.Set("Age", strconv.Itoa(age))
	}
	if page.ETag != "" && matches(c.Request().Header.Get("If-None-Match"), page.ETag) {
		response.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", page.ContentType)
	header.Set("Content-Length", strconv.Itoa(len(page.Body)))
	response.WriteHeader(http.StatusOK)
	_, err := response.Write(page.Body)
	return err
}

func bodyTag(body []byte) string { return `"` + strconv.FormatUint(xxhash.Sum64(body), 16) + `"` }

// heldWriter keeps what is written. Handlers of kept answers know no other status than 200 beside
// their errors.
type heldWriter struct {
	header http.Header
	body   bytes.Buffer
}

func (w *heldWriter) Header() http.Header { return w.header }

func (w *heldWriter) WriteHeader(int) {}

func (w *heldWriter) Write(content []byte) (int, error) { return w.body.Write(content) }
