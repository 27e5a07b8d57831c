package server

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/shopd/shopd/gen/api"
)

// contract is what is made of openapi.yaml.
type contract struct {
	operations map[string]*operation
	json       api.GetOpenAPIJSON200JSONResponse
	tryOut     []byte // as JSON, for the page that tries it
}

// readContract reads the embedded contract. It never changes and takes a while to read, so that all
// servers of a process share one.
var readContract = sync.OnceValues(func() (*contract, error) {
	spec, err := api.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("the embedded contract: %w", err)
	}
	c := new(contract)
	if c.operations, err = readOperations(spec); err != nil {
		return nil, err
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &c.json); err != nil {
		return nil, err
	}
	c.tryOut, err = tryOut(text)
	return c, err
})
