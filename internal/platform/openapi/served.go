package openapi

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What Served adds to all operations of a kind.
const (
	mediaJSON  = "application/json"
	mediaPatch = "application/merge-patch+json" // RFC 7396

	ifNoneMatch = "IfNoneMatch"
	ifNoneText  = "The `ETag` of what the client has already. If it is still current, the " +
		"response is 304."
)

// Served reads a contract and returns it as clients get it: flat, and with all that holds for every
// operation of a kind written down at each. A PATCH takes application/merge-patch+json as well, a
// response that may be 304 depends on If-None-Match, and descriptions say what our extensions say.
// x-problems then names all problems of an operation.
func Served(contract []byte) (*Document, error) {
	d, err := Flatten(contract)
	if err != nil {
		return nil, err
	}
	problems, err := d.Problems()
	if err != nil {
		return nil, err
	}
	isConditional := false
	for _, op := range d.operations() {
		explain(op, problems)
		takePatches(op)
		if Get(op.node, "responses", "304") != nil {
			isConditional = true
			addIfNoneMatch(op)
		}
	}
	if isConditional {
		Set(Get(d.root, "components", "parameters"), ifNoneMatch, mapping(
			"name", Text("If-None-Match"),
			"in", Text("header"),
			"description", Text(ifNoneText),
			"schema", mapping("type", Text("string")),
			"example", Text(`"9a8f1c44d02b7e31"`),
		))
	}
	return d, nil
}

// takePatches declares the media type of merge patches for a PATCH of JSON.
func takePatches(op *operation) {
	content := Get(op.node, "requestBody", "content")
	if op.method != "patch" || content == nil || !slices.Contains(op.media, mediaJSON) {
		return
	}
	Set(content, mediaPatch, mapping("schema", Get(content, mediaJSON, "schema")))
}

// addIfNoneMatch declares the header at an operation.
func addIfNoneMatch(op *operation) {
	if slices.ContainsFunc(
		op.headers, func(name string) bool { return strings.EqualFold(name, "If-None-Match") },
	) {
		return
	}
	parameters := Get(op.node, "parameters")
	if parameters == nil {
		parameters = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		Set(op.node, "parameters", parameters)
	}
	parameters.Content = append(
		parameters.Content, mapping("$ref", Text("#/components/parameters/"+ifNoneMatch)),
	)
}

// mapping returns a mapping of names and nodes, which take turns.
func mapping(members ...any) *yaml.Node {
	n := emptyMapping()
	for i := 0; i+1 < len(members); i += 2 {
		name, _ := members[i].(string)
		value, _ := members[i+1].(*yaml.Node)
		Set(n, name, value)
	}
	return n
}
