// Command operations generates the parts of the clients that other generators leave out: how each
// operation is called in TypeScript, and which operations take an Idempotency-Key. go generate runs
// it in gen.
package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const idempotencyKey = "Idempotency-Key"

// operation is an operation of the contract.
type operation struct {
	*openapi3.Operation
	method, path string
	headers      []string // names of its header parameters
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	operations, err := read("../openapi.yaml")
	if err != nil {
		return err
	}
	if err := os.WriteFile(
		"../sdk/ts/src/generated/operations.ts", typescript(operations), 0o644,
	); err != nil { //nolint:gosec // source code is for everybody to read
		return err
	}
	return os.WriteFile(
		"client/operations.gen.go", golang(operations), 0o644,
	) //nolint:gosec // as above
}

// read returns the operations by name. The arguments of an operation share one object in
// TypeScript, so no two may have the same name.
func read(file string) ([]operation, error) {
	spec, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	var operations []operation
	for path, item := range spec.Paths.Map() {
		for method, document := range item.Operations() {
			op := operation{Operation: document, method: method, path: path}
			taken := map[string]bool{"body": true}
			for _, parameter := range slices.Concat(item.Parameters, document.Parameters) {
				name := parameter.Value.Name
				if taken[name] {
					return nil, fmt.Errorf(
						"%s: two arguments are named %s", document.OperationID, name,
					)
				}
				taken[name] = true
				if parameter.Value.In == openapi3.ParameterInHeader {
					op.headers = append(op.headers, name)
				}
			}
			operations = append(operations, op)
		}
	}
	slices.SortFunc(
		operations, func(a, b operation) int { return cmp.Compare(a.OperationID, b.OperationID) },
	)
	return operations, nil
}

// typescript returns a constant for each operation.
func typescript(operations []operation) []byte {
	var b strings.Builder
	b.WriteString("// Generated from openapi.yaml by go generate. Do not edit.\n\n")
	b.WriteString(
		"import { operation } from '../operation.js';\n" +
			"import type { operations } from './schema.js';\n",
	)
	for _, op := range operations {
		b.WriteString("\n/**\n")
		for line := range strings.SplitSeq(
			strings.TrimSpace(op.Summary+".\n\n"+op.Description), "\n",
		) {
			b.WriteString(strings.TrimRight(" * "+strings.ReplaceAll(line, "*/", "*∕"), " ") + "\n")
		}
		if op.Deprecated {
			b.WriteString(" * @deprecated\n")
		}
		fmt.Fprintf(
			&b,
			" */\n"+
				"export const %[1]s = /* @__PURE__ */ operation<operations['%[1]s']>('%[1]s', "+
				"'%[2]s', '%[3]s'",
			op.OperationID, op.method, op.path,
		)
		if len(op.headers) > 0 {
			fmt.Fprintf(&b, ", ['%s']", strings.Join(op.headers, "', '"))
		}
		b.WriteString(");\n")
	}
	return []byte(b.String())
}

// golang returns the list of the operations that take an Idempotency-Key.
func golang(operations []operation) []byte {
	keyed := make(map[string]bool)
	for _, op := range operations {
		if slices.Contains(op.headers, idempotencyKey) && op.method != http.MethodGet {
			keyed[op.method+" "+op.path] = true
		}
	}
	var b strings.Builder
	b.WriteString(
		"// Code generated from openapi.yaml by go generate. DO NOT EDIT.\n\npackage client\n\n",
	)
	b.WriteString(
		"// TakesIdempotencyKey are the operations that take an Idempotency-Key, as patterns of " +
			"net/http.\n",
	)
	b.WriteString("var TakesIdempotencyKey = []string{\n")
	for _, pattern := range slices.Sorted(maps.Keys(keyed)) {
		fmt.Fprintf(&b, "\t%q,\n", pattern)
	}
	b.WriteString("}\n")
	return []byte(b.String())
}
