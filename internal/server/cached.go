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

// cached sends the cached response, or has next make one and caches it. Requests for the same
// response at the same time share one call of next. A request with a cached response was valid
// before, so it is not validated again.
func (s *Server) cached(c echo.Context, op *operation, next echo.HandlerFunc) error {
	r := c.Request()
	key := op.id + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery
	page, version, found := s.pages.Get(r.Context(), key)
	if found {
		return sendPage(c, page)
	}
	if version == "" {
		return answer(c, op, s.turningSales(next))
	}
	made, err, _ := s.making.Do(version+key, func() (any, error) {
		// Other requests wait for this: it continues if the first of their clients hangs up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), op.timeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		lifetime := op.cacheFor
		page, err := makePage(c, op, func(c echo.Context) error {
			turn, err := s.turnSales(ctx, version)
			if err != nil {
				return err
			}
			// What is computed from prices is cached under this: it ends with the next turn, too.
			request.From(ctx).CatalogueVersion = version + " " + turn.Name
			err = next(c)
			lifetime = min(lifetime, time.Until(turn.Before))
			return err
		})
		if err == nil && page.ContentType != "" {
			s.pages.Put(ctx, key, version, page, lifetime)
		}
		return page, err
	})
	if err != nil {
		return err
	}
	return sendPage(c, made.(cache.Page))
}

// turningSales returns a handler that brings prices up to date before next reads them.
func (s *Server) turningSales(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := s.turnSales(c.Request().Context(), ""); err != nil {
			return err
		}
		return next(c)
	}
}

// makePage runs the handler and returns what it writes instead of sending it.
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

// sendPage sends a page, or 304 if the client has it already.
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

// heldWriter buffers a response. The handlers of cached operations return no status other than 200,
// except as errors.
type heldWriter struct {
	header http.Header
	body   bytes.Buffer
}

func (w *heldWriter) Header() http.Header { return w.header }

func (w *heldWriter) WriteHeader(int) {}

func (w *heldWriter) Write(content []byte) (int, error) { return w.body.Write(content) }
