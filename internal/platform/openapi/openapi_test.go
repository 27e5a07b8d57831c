package openapi_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/openapi"
)

func flatten(t *testing.T, text string) *openapi.Document {
	t.Helper()
	document, err := openapi.Flatten([]byte(text))
	require.NoError(t, err)
	return document
}

// The whole contract, rendered and read back, is the contract without the members that are not
// served.
func TestFlatDocumentMeansTheSameAsTheFile(t *testing.T) {
	t.Parallel()
	document := flatten(t, string(shopd.Contract))
	asYAML, err := document.YAML()
	require.NoError(t, err)
	asJSON, err := document.JSON()
	require.NoError(t, err)

	var want, fromYAML, fromJSON map[string]any
	require.NoError(t, yaml.Unmarshal(shopd.Contract, &want))
	delete(want, "x-shared")
	want = clean(want).(map[string]any)
	id := want["components"].(map[string]any)["schemas"].(map[string]any)["Id"].(map[string]any)
	id["maximum"] = float64(9007199254740991)
	require.NoError(t, yaml.Unmarshal(asYAML, &fromYAML))
	assert.Equal(t, want, clean(fromYAML))
	require.NoError(t, json.Unmarshal(asJSON, &fromJSON))
	assert.Equal(t, want, clean(fromJSON))

	for _, text := range [][]byte{asYAML, asJSON} {
		_, err = openapi3.NewLoader().LoadFromData(text)
		require.NoError(t, err)
		assert.Equal(t, inOrder(shopd.Contract), inOrder(text), "operations in the file's order")
		assert.Contains(t, string(text), "9007199254740991")
		assert.NotContains(t, string(text), "922337203685477")
		assert.NotContains(t, string(text), "x-go-")
	}
	var file yaml.Node
	require.NoError(t, yaml.Unmarshal(asYAML, &file))
	plainNodes(t, &file)
}

// The contract is read by people: its lines are as wide as those of the code.
func TestLinesOfTheContractAreNarrow(t *testing.T) {
	t.Parallel()
	number := 0
	for line := range strings.Lines(string(shopd.Contract)) {
		number++
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100,
			"openapi.yaml:%d", number)
	}
}

// clean removes x-go-* and makes all numbers floats, so that documents read from YAML and from JSON
// can be compared.
func clean(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, one := range v {
			v[name] = clean(one)
			if strings.HasPrefix(name, "x-go-") {
				delete(v, name)
			}
		}
	case []any:
		for i, one := range v {
			v[i] = clean(one)
		}
	case int:
		return float64(v)
	}
	return value
}

func inOrder(text []byte) (ids []string) {
	for _, match := range regexp.MustCompile(`operationId"?: ?"?(\w+)`).FindAllSubmatch(text, -1) {
		ids = append(ids, string(match[1]))
	}
	return slices.Compact(ids)
}

func plainNodes(t *testing.T, n *yaml.Node) {
	assert.NotEqual(t, yaml.AliasNode, n.Kind, "line %d", n.Line)
	assert.Empty(t, n.Anchor, "line %d", n.Line)
	assert.NotEqual(t, "!!merge", n.Tag, "line %d", n.Line)
	for _, child := range n.Content {
		plainNodes(t, child)
	}
}

func TestMergedMembersStandWhereTheMergeKeyIs(t *testing.T) {
	t.Parallel()
	document := flatten(t, `
x-shared:
  base: &base {type: object, nullable: false, description: Base.}
before: 1
one:
  title: One
  <<: *base
  nullable: true
two: *base
`)
	asJSON, err := document.JSON()
	require.NoError(t, err)
	assert.Equal(
		t, `{"before":1,"one":{"title":"One","type":"object","description":"Base.",`+
			`"nullable":true},"two":{"type":"object","nullable":false,"description":"Base."}}`+"\n",
		string(asJSON),
	)
}

// Parsers of YAML 1.1 and 1.2 differ in the words they read as numbers, booleans and times.
func TestTextsAreTextsInEveryVersionOfYAML(t *testing.T) {
	t.Parallel()
	texts := []string{
		"no", "Yes", "on", "n", "null", "~", "true", "1e3", "0x1F", "017", "1:30", "12.50", ".5",
		"2026-01-31", "2026-01-31T09:30:00Z", "+44 20 7946 0958", "", " a ", "a: b", "a #b",
		"*star", "&and", "- dash", "? what", "it's", `"quoted"`, "a, b", "[a]", "{a}", "%a", "@a",
		"`a`", "two\nlines\n", " indented\nlines", "trailing \nspace", "tab\there", "café", "=",
		"<<", "|", ">", "!tag",
	}
	for _, text := range texts {
		quoted, err := json.Marshal(map[string]any{"key": text, "list": []string{text, text}})
		require.NoError(t, err)
		document := flatten(t, string(quoted))
		asYAML, err := document.YAML()
		require.NoError(t, err)
		var back struct {
			Key  any
			List []any
		}
		require.NoError(t, yaml.Unmarshal(asYAML, &back), "%s", asYAML)
		assert.Equal(t, text, back.Key)
		assert.Equal(t, []any{text, text}, back.List)
	}
	asYAML, err := flatten(t, `{a: 'no', b: '12.50', c: [yes, word], d: 2026-01-31}`).YAML()
	require.NoError(t, err)
	assert.Equal(t, "a: 'no'\nb: '12.50'\nc: ['yes', word]\nd: '2026-01-31'\n", string(asYAML))
}

func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	asJSON, err := flatten(t, "{maximum: 9223372036854775807, a: 0x10, b: 4.30, c: True}").JSON()
	require.NoError(t, err)
	assert.Equal(t, `{"maximum":9007199254740991,"a":16,"b":4.3,"c":true}`+"\n", string(asJSON))
	for _, wrong := range []string{
		"{example: 9007199254740993}", "{a: .inf}", "{a: !!binary aGk=}", "[a]", "{1: a}",
		"{<<: [1]}", "a: [",
	} {
		_, err := openapi.Flatten([]byte(wrong))
		assert.Error(t, err, wrong)
	}
}

// The part of a tag has the schemas that its operations need, and no other operations.
func TestTag(t *testing.T) {
	t.Parallel()
	document := flatten(t, string(shopd.Contract))
	part, err := document.Tag("addresses")
	require.NoError(t, err)
	asYAML, err := part.YAML()
	require.NoError(t, err)
	var got struct {
		Tags       []struct{ Name string }
		Paths      map[string]any
		Components struct{ Parameters, Schemas, Responses map[string]any }
	}
	require.NoError(t, yaml.Unmarshal(asYAML, &got))
	assert.Equal(t, "addresses", got.Tags[0].Name)
	assert.Len(t, got.Paths, 2)
	assert.Contains(t, got.Paths, "/api/v1/addresses/{id}")
	assert.Contains(t, got.Components.Schemas, "Address")
	assert.Contains(t, got.Components.Schemas, "Id", "a schema of an operation refers to it")
	assert.Contains(t, got.Components.Parameters, "Id")
	assert.NotContains(t, got.Components.Schemas, "Product")
	assert.Empty(t, got.Components.Responses)

	_, err = document.Tag("adresses")
	assert.ErrorContains(t, err, "auth, users, addresses")
}
