package server

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// tryOut is the contract for the page that tries it. The page fills every field in with its
// example, and all filters of a list at once find nothing: what may be left out has no example
// here.
func tryOut(contract []byte) ([]byte, error) {
	copied, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, fmt.Errorf("the contract of the docs page: %w", err)
	}
	for _, item := range copied.Paths.Map() {
		leaveOutExamples(item.Parameters)
		for _, operation := range item.Operations() {
			leaveOutExamples(operation.Parameters)
		}
	}
	return json.Marshal(copied)
}

func leaveOutExamples(parameters openapi3.Parameters) {
	for _, ref := range parameters {
		p := ref.Value
		if p.Required || p.Schema == nil {
			continue
		}
		p.Example, p.Examples = nil, nil
		if schema := *p.Schema.Value; schema.Example != nil {
			schema.Example = nil
			p.Schema = openapi3.NewSchemaRef("", &schema)
		}
	}
}

// serveTryOut answers the contract for the docs page.
func (p *Platform) serveTryOut(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, p.contract.tryOut)
}

// registerOwnAssets serves the files of the docs pages that Swagger UI does not bring along.
func (s *Server) registerOwnAssets(p *Platform) {
	s.echo.GET("/docs/openapi.json", p.serveTryOut)
	s.echo.GET("/docs/redoc.standalone.js", serveRedoc)
}
