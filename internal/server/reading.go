package server

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"html/template"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/gen/api"
)

// redocScript is redoc.standalone.js of redoc 2.5.2 from npm, without the logo that it would fetch
// from its maker.
//
//go:embed redoc/redoc.standalone.js.gz
var redocScript []byte

//go:embed redoc/page.html
var redocPage string

// redocPolicy is that of /docs, and lets the page search in a worker of its own.
const redocPolicy = docsPolicy + "; worker-src 'self' blob:"

func newReadingView(title string) ([]byte, error) {
	page, err := template.New("redoc").Parse(redocPage)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, title)
	return b.Bytes(), err
}

// GetReadingView answers the page that shows the contract to readers.
func (p *Platform) GetReadingView(
	context.Context, api.GetReadingViewRequestObject,
) (api.GetReadingViewResponseObject, error) {
	return api.GetReadingView200TextHTMLResponse{
		Body: bytes.NewReader(p.reading), ContentLength: int64(len(p.reading)),
		Headers: api.GetReadingView200ResponseHeaders{ContentSecurityPolicy: new(redocPolicy)},
	}, nil
}

// serveRedoc answers the script of the reading view, packed as it is kept for all who can unpack
// it.
func serveRedoc(c echo.Context) error {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/javascript; charset=utf-8")
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		header.Set(echo.HeaderContentEncoding, "gzip")
		return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", redocScript)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(redocScript))
	if err != nil {
		return err
	}
	c.Response().WriteHeader(http.StatusOK)
	_, err = io.Copy(c.Response(), unpacked) //nolint:gosec // we packed it
	return err
}
