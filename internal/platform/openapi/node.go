package openapi

import (
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pairs iterates over the keys and values of a mapping.
func pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}

// Get returns the node below a mapping under the keys, one per level, or nil.
func Get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n == nil {
			return nil
		}
		n = member(n, key)
	}
	return n
}

func member(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for name, value := range pairs(mapping) {
		if name.Value == key {
			return value
		}
	}
	return nil
}

// Delete removes members of a mapping.
func Delete(mapping *yaml.Node, keys ...string) {
	for _, key := range keys {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if mapping.Content[i].Value == key {
				mapping.Content = append(mapping.Content[:i], mapping.Content[i+2:]...)
				break
			}
		}
	}
}

// Set replaces a member of a mapping, or appends it.
func Set(mapping *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append(mapping.Content, Text(key), value)
}

// Copy returns a deep copy of a node.
func Copy(n *yaml.Node) *yaml.Node {
	copied := *n
	copied.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		copied.Content[i] = Copy(child)
	}
	return &copied
}

// Resolve returns the node that a {$ref: '#/…'} refers to, or the node itself if it is no
// reference.
func (d *Document) Resolve(n *yaml.Node) *yaml.Node {
	ref := Get(n, "$ref")
	if ref == nil {
		return n
	}
	return Get(d.root, pointer(ref.Value)...)
}

// pointer returns the keys of a reference within the document (RFC 6901).
func pointer(ref string) []string {
	keys := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	for i, key := range keys {
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return keys
}

// plain matches texts that need no quotes in any version of YAML, in or outside of [ ] and { }.
var plain = regexp.MustCompile(`^[A-Za-z/_($][^\n\t:#,\[\]{}&*"]*$`)

// words matches the words that YAML 1.1 does not read as texts.
var words = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)

// Text returns the node of a string, with quotes if it needs them.
func Text(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	switch {
	case strings.Contains(text, "\n"):
		n.Style = yaml.LiteralStyle
	case !plain.MatchString(text) || words.MatchString(text) || strings.TrimSpace(text) != text:
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// maxFlow is the most columns that a sequence in one line may take.
const maxFlow = 80

// sequenceStyle returns the style of one line for short lists of words and numbers.
func sequenceStyle(sequence *yaml.Node) yaml.Style {
	width := 0
	for _, item := range sequence.Content {
		if item.Kind != yaml.ScalarNode || item.Style == yaml.LiteralStyle {
			if len(item.Content) > 0 {
				return 0
			}
		}
		width += len(item.Value) + len(", ")
	}
	if width > maxFlow {
		return 0
	}
	return yaml.FlowStyle
}
