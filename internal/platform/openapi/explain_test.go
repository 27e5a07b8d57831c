package openapi_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/openapi"
)

// served is what the tests read of the contract as clients get it.
type served struct {
	Problems map[string]struct{ Status int } `json:"x-problems"`
	Paths    map[string]map[string]json.RawMessage
}

type servedOperation struct {
	OperationID string
	Description string
	Role        string   `json:"x-role"`
	Problems    []string `json:"x-problems"`
	RateLimit   any      `json:"x-rate-limit"`
	Responses   map[string]any
}

func readServed(t *testing.T) (served, map[string]servedOperation) {
	t.Helper()
	document, err := openapi.Served(shopd.Contract)
	require.NoError(t, err)
	text, err := document.JSON()
	require.NoError(t, err)
	var contract served
	require.NoError(t, json.Unmarshal(text, &contract))
	operations := make(map[string]servedOperation)
	for _, item := range contract.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var op servedOperation
			require.NoError(t, json.Unmarshal(raw, &op))
			operations[op.OperationID] = op
		}
	}
	return contract, operations
}

// What our extensions say stands in the description of each operation, too.
func TestDescriptionsSayWhoAndHowOftenAndWhatMayGoWrong(t *testing.T) {
	t.Parallel()
	_, operations := readServed(t)
	require.Greater(t, len(operations), 160)
	for id, op := range operations {
		assert.Contains(t, op.Description, "**Who**: ", id)
		if op.Role != "" {
			assert.Contains(t, op.Description, "the role `"+op.Role+"`.", id)
		}
		limits, _ := op.RateLimit.([]any)
		assert.Equal(t, len(limits), strings.Count(op.Description, "**Rate limit**: "), id)
	}
	login := operations["login"].Description
	assert.Contains(t, login, "**Who**: everybody, without a token.")
	assert.Contains(t, login, "**Rate limit**: 60 calls a minute for each IP address.")
	assert.Contains(t, login, "; 401 `invalid_credentials`; ")
	assert.Contains(t, operations["getCart"].Description, "**Who**: everybody; with a token, an")
	assert.Contains(t, operations["verifyEmail"].Description, "in 15 minutes for each IP address.")
}

// Every operation names its problems, each with a status that the operation documents, or that any
// may have.
func TestProblemsHaveStatusesThatAreDocumented(t *testing.T) {
	t.Parallel()
	contract, operations := readServed(t)
	document, err := openapi.Flatten(shopd.Contract)
	require.NoError(t, err)
	problems, err := document.Problems()
	require.NoError(t, err)
	require.Len(t, problems, len(contract.Problems))
	for _, p := range problems {
		if p.When == "" {
			assert.NotEmpty(t, p.Operations, "no operation names %s", p.Code)
		}
		for _, id := range p.Operations {
			op := operations[id]
			assert.True(t, slices.Contains(op.Problems, p.Code), "%s lacks %s", id, p.Code)
			if p.Status == 429 || p.Status == 401 || p.When == "" {
				assert.Contains(t, statuses(op), p.Status, "%s: %s", id, p.Code)
			}
		}
	}
}

// statuses returns those that an operation documents, and those any may have (see the response
// Problem).
func statuses(op servedOperation) []int {
	list := []int{400, 403, 413, 500, 503}
	for text := range op.Responses {
		var status int
		if json.Unmarshal([]byte(text), &status) == nil {
			list = append(list, status)
		}
	}
	return list
}

func TestTheCatalogueOfProblemsMustBeWhole(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"has no x-problems": "paths: {}",
		"not complete":      "x-problems: {a: {status: 400, meaning: A.}}\npaths: {}",
		"a: has no field b": "x-problems: {a: {status: 400, meaning: A., remedy: R., b: c}}\n" +
			"paths: {}",
		"lacks": "x-problems: {a: {status: 400, meaning: A., remedy: R.}}\n" +
			"paths: {/: {get: {operationId: o, x-problems: [b]}}}",
		"complete": "x-problems: {a: {status: 400, meaning: A., remedy: R., when: no}}\npaths: {}",
	} {
		_, err := openapi.Served([]byte(text))
		assert.ErrorContains(t, err, what)
	}
}

// Names that generators make types of must not clash with others or be no names.
func TestNamesSuitGenerators(t *testing.T) {
	t.Parallel()
	document, err := openapi.Served(shopd.Contract)
	require.NoError(t, err)
	for scheme := range names(openapi.Get(document.Root(), "components", "securitySchemes")) {
		for schema := range names(openapi.Get(document.Root(), "components", "schemas")) {
			assert.False(
				t, strings.EqualFold(scheme, schema), "%s is a scheme and a schema", schema,
			)
		}
	}
	schemas := names(openapi.Get(document.Root(), "components", "schemas"))
	assert.NotContains(t, schemas, "Import", "a word of TypeScript, Java and Python")
	for name, schema := range schemas {
		properties := openapi.Get(schema, "properties")
		if properties == nil {
			continue
		}
		for property, value := range names(properties) {
			if strings.Contains(property, "-") {
				assert.Nil(t, openapi.Get(value, "enum"), "%s.%s: give it a name", name, property)
			}
		}
	}
}

// names returns the members of a mapping.
func names(mapping *yaml.Node) map[string]*yaml.Node {
	members := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		members[mapping.Content[i].Value] = mapping.Content[i+1]
	}
	return members
}

// What may be 304 depends on If-None-Match, and what takes JSON by PATCH takes merge patches.
func TestEveryOperationDeclaresWhatItReads(t *testing.T) {
	t.Parallel()
	document, err := openapi.Served(shopd.Contract)
	require.NoError(t, err)
	text, err := document.JSON()
	require.NoError(t, err)
	spec, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Responses.Status(304) != nil {
				assert.NotNil(t, op.Parameters.GetByInAndName("header", "If-None-Match"), path)
			}
			if method == "PATCH" {
				content := op.RequestBody.Value.Content
				assert.Contains(t, content, "application/merge-patch+json", path)
				assert.Contains(t, content, "application/json", path)
			}
		}
	}
}
