package server

import (
	"bytes"
	"context"
	"maps"
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
	stored, version, found := s.pages.Get(r.Context(), key)
	if found {
		return sendPage(c, op, stored)
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
		made, err := makePage(c, op, func(c echo.Context) error {
			turn, err := s.turnSales(ctx, version)
			if err != nil {
				return err
			}
			// Values computed from prices are cached under this version, which also ends with the
			// next turn.
			request.From(ctx).CatalogueVersion = version + " " + turn.Name
			err = next(c)
			lifetime = min(lifetime, time.Until(turn.Before))
			return err
		})
		if err == nil && made.redirect == nil {
			s.pages.Put(ctx, key, version, made.Page, lifetime)
		}
		return made, err
	})
	if err != nil {
		return err
	}
	result := made.(page)
	if result.redirect != nil {
		maps.Copy(c.Response().Header(), result.redirect)
		c.Response().WriteHeader(result.status)
		return nil
	}
	return sendPage(c, op, result.Page)
}

// page is what the handler of a cached operation returns: a page that is cached and sent, or the
// status and the header of a redirect, which is sent alone.
type page struct {
	cache.Page
	status   int
	redirect http.Header
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
func makePage(c echo.Context, op *operation, next echo.HandlerFunc) (page, error) {
	response := c.Response()
	writer := response.Writer
	held := &heldWriter{header: http.Header{}, status: http.StatusOK}
	response.Writer = held
	defer func() {
		response.Writer = writer
		response.Committed, response.Size, response.Status = false, 0, http.StatusOK
	}()
	if err := op.validate(c); err != nil {
		return page{}, err
	}
	if err := next(c); err != nil {
		return page{}, err
	}
	if held.status != http.StatusOK {
		return page{status: held.status, redirect: held.header}, nil
	}
	made := cache.Page{
		Made:        time.Now(),
		ContentType: held.header.Get("Content-Type"),
		ETag:        held.header.Get("ETag"),
		Body:        held.body.Bytes(),
	}
	if op.tagged && made.ETag == "" {
		made.ETag = bodyTag(made.Body)
	}
	return page{Page: made}, nil
}

// sendPage sends a page, compressed if the client reads gzip, or 304 if the client has it already.
func sendPage(c echo.Context, op *operation, page cache.Page) error {
	response := c.Response()
	header := response.Header()
	isZipped := op.zips && len(page.Body) >= minZipped &&
		request.From(c.Request().Context()).AcceptsGzip
	if page.ETag != "" {
		tag := page.ETag
		if isZipped {
			tag = zippedTag(tag)
		}
		header.Set("ETag", tag)
	}
	if age := int(time.Since(page.Made).Seconds()); age > 0 {
		header.Set("Age", strconv.Itoa(age))
	}
	if page.ETag != "" && matches(c.Request().Header.Get("If-None-Match"), page.ETag) {
		response.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", page.ContentType)
	body := page.Body
	if isZipped {
		body = page.Packed(zip)
		header.Set(echo.HeaderContentEncoding, "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	response.WriteHeader(http.StatusOK)
	_, err := response.Write(body)
	return err
}

func bodyTag(body []byte) string { return `"` + strconv.FormatUint(xxhash.Sum64(body), 16) + `"` }

// heldWriter buffers a response. The handlers of cached operations return 200 or a redirect;
// everything else is an error.
type heldWriter struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (w *heldWriter) Header() http.Header { return w.header }

func (w *heldWriter) WriteHeader(status int) { w.status = status }

func (w *heldWriter) Write(content []byte) (int, error) { return w.body.Write(content) }
