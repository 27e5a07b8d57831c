package openapi

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// webhooksKey is where a document of OpenAPI 3.0 has the requests that the server sends; 3.1 has
// webhooks.
const webhooksKey = "x-webhooks"

// Version31 returns the document as one of OpenAPI 3.1, whose schemas are those of JSON Schema
// 2020-12: null is a type, examples are a list, and the requests that the server sends are
// webhooks.
func (d *Document) Version31() *Document {
	root := Copy(d.root)
	Set(root, "openapi", Text("3.1.0"))
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == webhooksKey {
			root.Content[i] = Text("webhooks")
		}
	}
	if schemas := Get(root, "components", "schemas"); schemas != nil {
		for _, schema := range pairs(schemas) {
			modernize(schema)
		}
	}
	modernizeWithin(root)
	return &Document{root}
}

// modernizeWithin rewrites the schemas of parameters, headers and bodies below a node.
func modernizeWithin(n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			modernizeWithin(item)
		}
		return
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for key, value := range pairs(n) {
		switch {
		case key.Value == "schema":
			modernize(value)
		case key.Value == "example", key.Value == "examples", key.Value == "schemas",
			key.Value != webhooksKey && strings.HasPrefix(key.Value, "x-"):
		default:
			modernizeWithin(value)
		}
	}
}

// modernize rewrites a schema and those within it.
func modernize(schema *yaml.Node) {
	if schema.Kind != yaml.MappingNode || Get(schema, "$ref") != nil {
		return // additionalProperties may be a boolean
	}
	nullable := Get(schema, "nullable")
	if nullable != nil && nullable.Value == "true" {
		allowNull(schema)
	}
	Delete(schema, "nullable")
	if example := Get(schema, "example"); example != nil {
		examples := &yaml.Node{
			Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{example},
		}
		examples.Style = sequenceStyle(examples)
		replace(schema, "example", "examples", examples)
	}
	if text(Get(schema, "format")) == "binary" {
		replace(schema, "format", "contentMediaType", Text("application/octet-stream"))
	}
	for key, value := range pairs(schema) {
		switch key.Value {
		case "properties":
			for _, property := range pairs(value) {
				modernize(property)
			}
		case "items", "additionalProperties", "not":
			modernize(value)
		case "allOf", "anyOf", "oneOf":
			for _, one := range value.Content {
				modernize(one)
			}
		}
	}
}

// allowNull adds null to the types of a schema, and to its values if it names them.
func allowNull(schema *yaml.Node) {
	if kind := Get(schema, "type"); kind != nil && kind.Kind == yaml.ScalarNode {
		Set(schema, "type", &yaml.Node{
			Kind:    yaml.SequenceNode,
			Tag:     "!!seq",
			Style:   yaml.FlowStyle,
			Content: []*yaml.Node{kind, Text("null")},
		})
	}
	values := Get(schema, "enum")
	if values == nil {
		return
	}
	for _, value := range values.Content {
		if value.Tag == "!!null" {
			return
		}
	}
	values.Content = append(
		values.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"},
	)
}

// replace puts a member with another name and value in the place of one.
func replace(mapping *yaml.Node, old, name string, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == old {
			mapping.Content[i], mapping.Content[i+1] = Text(name), value
			return
		}
	}
}
