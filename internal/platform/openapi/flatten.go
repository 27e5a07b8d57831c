// Package openapi renders an OpenAPI document for clients. The file that people edit shares values
// by YAML anchors, which many generators cannot read or read wrongly. Clients get a flat document:
// no anchors, aliases or merge keys, and everything in the order of the file.
package openapi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxExact is the largest integer that all JSON parsers read exactly, 2^53-1 (RFC 8259, section 6).
// A larger limit becomes a wrong number in clients that read numbers as floats.
const maxExact = 1<<53 - 1

// sharedKey is the block at the top with the shared values. It is not served.
const sharedKey = "x-shared"

// generatorPrefix begins the names of extensions that only the Go generator reads.
const generatorPrefix = "x-go-"

// Document is a flat OpenAPI document.
type Document struct {
	root *yaml.Node // a mapping without aliases, anchors and comments
}

// Flatten reads an OpenAPI document in YAML. It replaces aliases and merge keys by the values they
// refer to, and leaves out x-shared, x-go-* and comments.
func Flatten(text []byte) (*Document, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if file.Kind != yaml.DocumentNode || file.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("not a mapping")
	}
	root, err := flat(file.Content[0], "")
	if err != nil {
		return nil, err
	}
	Delete(root, sharedKey)
	return &Document{root}, nil
}

// Root returns the mapping at the top, which may be changed before it is rendered.
func (d *Document) Root() *yaml.Node { return d.root }

// flat returns a copy of a node, which is the value of key.
func flat(n *yaml.Node, key string) (*yaml.Node, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return flat(n.Alias, key)
	case yaml.MappingNode:
		return flatMapping(n)
	case yaml.SequenceNode:
		sequence := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.Content {
			one, err := flat(item, "")
			if err != nil {
				return nil, err
			}
			sequence.Content = append(sequence.Content, one)
		}
		sequence.Style = sequenceStyle(sequence)
		return sequence, nil
	default:
		return flatScalar(n, key)
	}
}

// flatMapping inserts merged members at the place of the merge key. Members of the mapping itself
// override merged ones of the same name.
func flatMapping(n *yaml.Node) (*yaml.Node, error) {
	own := make(map[string]bool, len(n.Content)/2)
	for key := range pairs(n) {
		if key.Tag != "!!merge" {
			own[key.Value] = true
		}
	}
	mapping := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for key, value := range pairs(n) {
		if key.Tag == "!!merge" {
			merged, err := flat(value, "")
			if err != nil {
				return nil, err
			}
			if merged.Kind != yaml.MappingNode {
				return nil, fmt.Errorf("line %d: merges something other than a mapping", key.Line)
			}
			for name, member := range pairs(merged) {
				if !own[name.Value] {
					mapping.Content = append(mapping.Content, name, member)
				}
			}
			continue
		}
		if strings.HasPrefix(key.Value, generatorPrefix) {
			continue
		}
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" {
			return nil, fmt.Errorf("line %d: a key is not a string", key.Line)
		}
		member, err := flat(value, key.Value)
		if err != nil {
			return nil, err
		}
		mapping.Content = append(mapping.Content, Text(key.Value), member)
	}
	return mapping, nil
}

// flatScalar returns a scalar in the form of YAML 1.2's JSON schema, which parsers of YAML 1.1 and
// 1.2 read alike.
func flatScalar(n *yaml.Node, key string) (*yaml.Node, error) {
	scalar := &yaml.Node{Kind: yaml.ScalarNode, Tag: n.Tag}
	switch n.Tag {
	case "!!null":
		scalar.Value = "null"
	case "!!bool":
		scalar.Value = strings.ToLower(n.Value)
	case "!!int":
		number, err := strconv.ParseInt(n.Value, 0, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		if number > maxExact && key == "maximum" {
			number = maxExact
		}
		if number > maxExact || number < -maxExact {
			return nil, fmt.Errorf("line %d: not every client reads %d exactly", n.Line, number)
		}
		scalar.Value = strconv.FormatInt(number, 10)
	case "!!float":
		number, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		scalar.Value = strconv.FormatFloat(number, 'g', -1, 64)
	case "!!str", "!!timestamp": // JSON has no times, so they are texts
		return Text(n.Value), nil
	default:
		return nil, fmt.Errorf("line %d: JSON has no %s", n.Line, n.Tag)
	}
	return scalar, nil
}
