// Package shopd holds the contract of the API: openapi.yaml, from which the server, the clients and
// the checks of requests are made.
package shopd

import _ "embed"

// Contract is openapi.yaml as people edit it. Clients get it flat: see internal/platform/openapi.
//
//go:embed openapi.yaml
var Contract []byte
