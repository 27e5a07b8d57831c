package server

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/shopd/shopd/gen/api"
)

// docs are the two pages that show the contract, with all their parts inside the program, so that
// they work without a network: /docs tries operations (Swagger UI), /redoc is for reading.
type docs struct {
	tryOut  []byte // the page at /docs
	assets  http.Handler
	reading []byte // the page at /redoc
}

// docsPolicy lets a page run its own inline scripts and load nothing from elsewhere.
const docsPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// redocPolicy also lets the page search in a worker of its own.
const redocPolicy = docsPolicy + "; worker-src 'self' blob:"

// redocScript is redoc.standalone.js of redoc 2.5.2 from npm, without the logo that it would fetch
// from its maker.
//
//go:embed redoc/redoc.standalone.js.gz
var redocScript []byte

//go:embed redoc/page.html
var redocPage string

// newDocs makes both pages once: they are the same for every reader.
func newDocs(title string) (*docs, error) {
	d := &docs{assets: v5emb.NewHandlerWithConfig(swgui.Config{
		Title: title, SwaggerJSON: "/docs/openapi.json", BasePath: "/docs",
		SettingsUI: map[string]string{
			"validatorUrl":           "null",
			"persistAuthorization":   "true",
			"displayRequestDuration": "true",
			"tryItOutEnabled":        "true",
		},
	})}
	page := &capture{header: http.Header{}}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/docs", nil)
	if err != nil {
		return nil, err
	}
	d.assets.ServeHTTP(page, request)
	if page.status > http.StatusOK {
		return nil, fmt.Errorf("the docs page has status %d", page.status)
	}
	d.tryOut = page.body.Bytes()

	parsed, err := template.New("redoc").Parse(redocPage)
	if err != nil {
		return nil, err
	}
	var reading bytes.Buffer
	if err := parsed.Execute(&reading, title); err != nil {
		return nil, err
	}
	d.reading = reading.Bytes()
	return d, nil
}

// capture is a response in memory.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capture) Header() http.Header               { return c.header }
func (c *capture) WriteHeader(status int)            { c.status = status }
func (c *capture) Write(content []byte) (int, error) { return c.body.Write(content) }

// GetDocs returns the page that tries operations.
func (s *Site) GetDocs(
	context.Context, api.GetDocsRequestObject,
) (api.GetDocsResponseObject, error) {
	return api.GetDocs200TextHTMLResponse{
		Body: bytes.NewReader(s.docs.tryOut), ContentLength: int64(len(s.docs.tryOut)),
		Headers: api.GetDocs200ResponseHeaders{ContentSecurityPolicy: new(docsPolicy)},
	}, nil
}

// GetReadingView returns the page for reading.
func (s *Site) GetReadingView(
	context.Context, api.GetReadingViewRequestObject,
) (api.GetReadingViewResponseObject, error) {
	return api.GetReadingView200TextHTMLResponse{
		Body: bytes.NewReader(s.docs.reading), ContentLength: int64(len(s.docs.reading)),
		Headers: api.GetReadingView200ResponseHeaders{ContentSecurityPolicy: new(redocPolicy)},
	}, nil
}

// registerDocs serves the parts of the pages. They are files, not operations.
func (s *Server) registerDocs(d *docs) {
	s.echo.GET("/docs/:file", func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=86400")
		d.assets.ServeHTTP(c.Response(), c.Request())
		return nil
	})
	s.echo.GET("/docs/openapi.json", serveTryOut)
	s.echo.GET("/docs/redoc.standalone.js", serveRedoc)
}

// serveTryOut sends the contract for the page that tries it.
func serveTryOut(c echo.Context) error {
	files, err := renderContract()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, files.tryOut)
}

// serveRedoc sends the script of the page for reading, compressed to clients that read gzip.
func serveRedoc(c echo.Context) error {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/javascript; charset=utf-8")
	header.Set("Cache-Control", "public, max-age=86400")
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if acceptsGzip(c.Request().Header) {
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
