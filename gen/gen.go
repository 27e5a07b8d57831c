// Package gen is all generated code: run `go generate ./...` after a change of openapi.yaml,
// queries or migrations. The tools are pinned in tools/generate.mod and
// sdk/ts/package-lock.json.
package gen

//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/generate.mod oapi-codegen --config gen/api/config.yaml openapi.yaml
//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/generate.mod oapi-codegen --config gen/client/config.yaml openapi.yaml
//go:generate env CGO_ENABLED=0 go -C .. tool -modfile=tools/generate.mod sqlc generate
//go:generate env CGO_ENABLED=0 go run ../tools/operations
//go:generate ../sdk/ts/generate
