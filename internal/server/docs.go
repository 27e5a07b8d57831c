package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// docs is Swagger UI with all its parts inside the program, so that it works without a network.
type docs struct {
	page   []byte
	assets http.Handler
}

// docsPolicy lets the page run its own inline scripts and load nothing from elsewhere.
const docsPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func newDocs(title string) (*docs, error) {
	handler := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: title, SwaggerJSON: "/docs/openapi.json", BasePath: "/docs",
		SettingsUI: map[string]string{
			"validatorUrl":           "null",
			"persistAuthorization":   "true",
			"displayRequestDuration": "true",
			"tryItOutEnabled":        "true",
		},
	})
	// The page is the same for everybody: make it once.
	page := &capture{header: http.Header{}}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/docs", nil)
	if err != nil {
		return nil, err
	}
	handler.ServeHTTP(page, request)
	if page.status > http.StatusOK {
		return nil, fmt.Errorf("the docs page answered %d", page.status)
	}
	return &docs{page: page.body.Bytes(), assets: handler}, nil
}

type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capture) Header() http.Header               { return c.header }
func (c *capture) WriteHeader(status int)            { c.status = status }
func (c *capture) Write(content []byte) (int, error) { return c.body.Write(content) }

// registerDocs serves the parts of the docs page. They are files, not operations.
func (s *Server) registerDocs(p *Platform) {
	assets := func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=86400")
		p.docs.assets.ServeHTTP(c.Response(), c.Request())
		return nil
	}
	s.echo.GET("/docs/:file", assets)
	s.registerOwnAssets(p)
}
