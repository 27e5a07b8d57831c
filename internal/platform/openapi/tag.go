package openapi

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// methods are the members of a path that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// Tags returns the names of the tags.
func (d *Document) Tags() (names []string) {
	if tags := Get(d.root, "tags"); tags != nil {
		for _, tag := range tags.Content {
			names = append(names, Get(tag, "name").Value)
		}
	}
	return names
}

// Tag returns the part of the document that belongs to a tag: its description, its operations, and
// the parameters and schemas they use.
func (d *Document) Tag(name string) (*Document, error) {
	if !slices.Contains(d.Tags(), name) {
		return nil, fmt.Errorf("there is no tag %q: %s", name, strings.Join(d.Tags(), ", "))
	}
	paths := emptyMapping()
	for path, item := range pairs(Get(d.root, "paths")) {
		tagged := emptyMapping()
		found := false
		for key, value := range pairs(item) {
			isOperation := slices.Contains(methods, key.Value)
			if isOperation && !hasTag(value, name) {
				continue
			}
			found = found || isOperation
			tagged.Content = append(tagged.Content, key, value)
		}
		if found {
			Set(paths, path.Value, tagged)
		}
	}
	tags := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, tag := range Get(d.root, "tags").Content {
		if Get(tag, "name").Value == name {
			tags.Content = append(tags.Content, tag)
		}
	}
	part := emptyMapping()
	Set(part, "tags", tags)
	Set(part, "paths", paths)
	Set(part, "components", d.used(paths))
	return &Document{part}, nil
}

func emptyMapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func hasTag(operation *yaml.Node, name string) bool {
	tags := Get(operation, "tags")
	return tags != nil && slices.ContainsFunc(
		tags.Content, func(tag *yaml.Node) bool { return tag.Value == name },
	)
}

// used returns the parameters and schemas that a node needs, in the document's order.
func (d *Document) used(n *yaml.Node) *yaml.Node {
	needed := make(map[string]bool)
	d.collect(n, needed)
	components := emptyMapping()
	for kind, members := range pairs(Get(d.root, "components")) {
		used := emptyMapping()
		for name, value := range pairs(members) {
			if needed["#/components/"+kind.Value+"/"+name.Value] {
				used.Content = append(used.Content, name, value)
			}
		}
		if len(used.Content) > 0 {
			Set(components, kind.Value, used)
		}
	}
	return components
}

// collect adds to needed the parameters and schemas that the nodes below n refer to, directly and
// indirectly.
func (d *Document) collect(n *yaml.Node, needed map[string]bool) {
	if ref := Get(n, "$ref"); ref != nil {
		isPart := strings.HasPrefix(ref.Value, "#/components/parameters/") ||
			strings.HasPrefix(ref.Value, "#/components/schemas/")
		if isPart && !needed[ref.Value] {
			needed[ref.Value] = true
			d.collect(d.Resolve(n), needed)
		}
		return
	}
	for _, child := range n.Content {
		d.collect(child, needed)
	}
}
