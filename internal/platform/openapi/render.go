package openapi

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// YAML returns the document as YAML that parsers of version 1.1 and 1.2 read alike.
func (d *Document) YAML() ([]byte, error) { return asYAML(d.root) }

func asYAML(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// JSON returns the document as JSON, in its own order and with its numbers as they are written.
func (d *Document) JSON() ([]byte, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, d.root); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch {
	case n.Kind == yaml.MappingNode:
		b.WriteByte('{')
		first := true
		for key, value := range pairs(n) {
			if !first {
				b.WriteByte(',')
			}
			first = false
			if err := writeText(b, key.Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case n.Tag == "!!str":
		return writeText(b, n.Value)
	default: // null, a boolean or a number, which Flatten wrote in the form of JSON
		b.WriteString(n.Value)
	}
	return nil
}

func writeText(b *bytes.Buffer, text string) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line feed that Encode appends
	return nil
}
