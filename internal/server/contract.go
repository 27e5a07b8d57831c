package server

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/shopd/shopd/gen/api"
)

// contract is openapi.yaml in the forms it is worked with and served in. Nobody changes them.
type contract struct {
	spec   *openapi3.T
	json   api.GetOpenAPIJSON200JSONResponse
	tryOut []byte // for the page that tries it
}

// readContract reads what is embedded, once for all servers of a process: tests have hundreds, and under the race detector
// it takes each more than a second.
var readContract = sync.OnceValues(func() (*contract, error) {
	spec, err := api.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("the embedded contract: %w", err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	c := &contract{spec: spec}
	if c.tryOut, err = tryOut(text); err != nil {
		return nil, err
	}
	return c, json.Unmarshal(text, &c.json)
})
