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

// Tag returns the part of the document that a tag is about: its description, its operations, and
// the parameters and schemas that they use.
func (d *Document) Tag(name string) (*Document, error) {
	if !slices.Contains(d.Tags(), name) {
		return nil, fmt.Errorf("there is no tag %q: %s", name, strings.Join(d.Tags(), ", "))
	}
	paths := emptyMapping()
	for path, item := range pairs(Get(d.root, "paths")) {
		kept := emptyMapping()
		found := false
		for key, value := range pairs(item) {
			isOperation := slices.Contains(methods, key.Value)
			if isOperation && !hasTag(value, name) {
				continue
			}
			found = found || isOperation
			kept.Content = append(kept.Content, key, value)
		}
		if found {
			Set(paths, path.Value, kept)
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
		kept := emptyMapping()
		for name, value := range pairs(members) {
			if needed["#/components/"+kind.Value+"/"+name.Value] {
				kept.Content = append(kept.Content, name, value)
			}
		}
		if len(kept.Content) > 0 {
			Set(components, kind.Value, kept)
		}
	}
	return components
}

// collect adds the references below a node to parameters and schemas, and what these refer to.
func (d *Document) collect(n *yaml.Node, needed map[string]bool) {
	if ref := Get(n, "$ref"); ref != nil {
		isWanted := strings.HasPrefix(ref.Value, "#/components/parameters/") ||
			strings.HasPrefix(ref.Value, "#/components/schemas/")
		if isWanted && !needed[ref.Value] {
			needed[ref.Value] = true
			d.collect(d.Resolve(n), needed)
		}
		return
	}
	for _, child := range n.Content {
		d.collect(child, needed)
	}
}
