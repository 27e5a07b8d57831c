// Package shopd holds the contract that the server, the clients and every check of a request are
// made from.
package shopd

import _ "embed"

// Contract is openapi.yaml, byte for byte.
//
//go:embed openapi.yaml
var Contract []byte
