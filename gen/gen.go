// Package gen holds what is generated from openapi.yaml and queries: run `go generate ./...` after a change of
// either. The tools are pinned in tools/go.mod and ts/package-lock.json. In ts only src/generated is generated.
package gen

import _ "embed"

//go:generate cp ../openapi.yaml openapi.yaml
//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/go.mod oapi-codegen --config gen/api/config.yaml openapi.yaml
//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/go.mod oapi-codegen --config gen/client/config.yaml openapi.yaml
//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/go.mod sqlc generate
//go:generate env CGO_ENABLED=0 go run ./operations
//go:generate ./ts/generate

// Contract is openapi.yaml as it was written.
//
//go:embed openapi.yaml
var Contract []byte
