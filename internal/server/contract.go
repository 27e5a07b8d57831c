package server

import (
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/shopd/shopd"
)

// readContract reads every operation of openapi.yaml. The file never changes and takes a while to
// read, so that all servers of a process share the result.
var readContract = sync.OnceValues(func() (map[string]*operation, error) {
	defineFormats()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	spec.Extensions = nil // x-shared: its values have been copied to where they are used
	return readOperations(spec)
})
