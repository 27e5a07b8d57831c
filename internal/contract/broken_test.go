package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// defect is a way to break a value.
type defect struct {
	what string
	make func(t *rapid.T) any
}

func constant(what string, value any) defect {
	return defect{what, func(*rapid.T) any { return value }}
}

// broken draws a value that a schema refuses, made from one that it allows, and returns what is
// wrong with it.
func (g *generator) broken(
	t *rapid.T, schema *openapi3.Schema, value any, field string,
) (any, string) {
	d := rapid.SampledFrom(defects(schema, value)).Draw(t, "defect of "+field)
	worse := d.make(t)
	if inner, ok := worse.(deeper); ok {
		worse, what := g.broken(t, inner.schema, inner.value, inner.field)
		return inner.put(worse), inner.field + ": " + what
	}
	return worse, d.what
}

// deeper means that the defect is inside a part of the value.
type deeper struct {
	field  string
	schema *openapi3.Schema
	value  any
	put    func(worse any) any
}

func defects(schema *openapi3.Schema, value any) []defect {
	if len(schema.AllOf) > 0 {
		return defects(schema.AllOf[0].Value, value)
	}
	var list []defect
	for kind, other := range map[string]any{
		openapi3.TypeString: "text", openapi3.TypeInteger: json.Number("42"),
		openapi3.TypeNumber: json.Number("1.5"), openapi3.TypeBoolean: true,
		openapi3.TypeArray: []any{}, openapi3.TypeObject: map[string]any{},
	} {
		isNumber := kind == openapi3.TypeInteger && schema.Type.Is(openapi3.TypeNumber)
		if !schema.Type.Is(kind) && !isNumber {
			list = append(list, constant(kind+" instead of "+(*schema.Type)[0], other))
		}
	}
	slices.SortFunc(list, func(a, b defect) int { return strings.Compare(a.what, b.what) })
	if !schema.Nullable {
		list = append(list, constant("null", nil))
	}
	if len(schema.Enum) > 0 {
		return append(list, constant("not in the enum", "no-such-value"))
	}
	switch {
	case schema.Type.Is(openapi3.TypeInteger):
		list = append(list, integerDefects(schema)...)
	case schema.Type.Is(openapi3.TypeString):
		list = append(list, textDefects(schema)...)
	case schema.Type.Is(openapi3.TypeArray):
		list = append(list, arrayDefects(schema, value)...)
	case schema.Type.Is(openapi3.TypeObject):
		list = append(list, objectDefects(schema, value)...)
	}
	return list
}

func integerDefects(schema *openapi3.Schema) []defect {
	low, high := bounds(schema)
	below := new(big.Int).Sub(big.NewInt(low), big.NewInt(1)).String()
	above := new(big.Int).Add(big.NewInt(high), big.NewInt(1)).String()
	return []defect{
		constant("below the minimum", json.Number(below)),
		constant("above the maximum", json.Number(above)),
		constant("out of all range", json.Number("1e300")), constant("text of digits", "7"),
	}
}

// blanks are texts that show nothing: spaces, breaks, a zero-width space, Braille's blank.
var blanks = []string{
	" ", "\u00a0", "\u3000", "\u2003", "\u2028", "\u0085", "\u200b", "\u2800", "\u3164",
	" \u00a0\t",
}

func textDefects(schema *openapi3.Schema) []defect {
	var list []defect
	if schema.MinLength > 0 {
		list = append(list, constant("too short", strings.Repeat("a", int(schema.MinLength)-1)))
	}
	if schema.MaxLength != nil {
		list = append(
			list,
			constant("too long", strings.Repeat("a", int(*schema.MaxLength)+1)),
			constant(
				"too long by a character of four bytes",
				strings.Repeat("😀", int(*schema.MaxLength)+1),
			),
		)
	}
	if schema.Pattern != "" {
		for _, text := range []string{
			"", " ", "!", "-", "\n", "é", "aaaaaaaaa aaaaaaaaa aaaaaaaaa",
			strings.Repeat("!", int(schema.MinLength)),
		} {
			if !allows(schema, text) {
				list = append(list, constant("against the pattern", text))
			}
		}
	}
	if mustNotBeBlank(schema) {
		for _, blank := range blanks {
			list = append(
				list, constant("blank", strings.Repeat(blank, max(1, int(schema.MinLength)))),
			)
		}
	}
	if schema.Format == "date-time" {
		for _, text := range []string{
			"", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
			"2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
		} {
			list = append(list, constant("not a date-time", text))
		}
	}
	return list
}

func arrayDefects(schema *openapi3.Schema, value any) []defect {
	items, _ := value.([]any)
	var list []defect
	if schema.MinItems > 0 {
		list = append(list, constant("too few", []any{}))
	}
	if schema.MaxItems != nil && len(items) > 0 {
		list = append(list, defect{"too many", func(*rapid.T) any {
			return slices.Repeat(items[:1], int(*schema.MaxItems)+1)
		}})
	}
	if len(items) > 0 {
		list = append(list, defect{"within", func(t *rapid.T) any {
			i := rapid.IntRange(0, len(items)-1).Draw(t, "item")
			return deeper{"item", schema.Items.Value, items[i], func(worse any) any {
				changed := slices.Clone(items)
				changed[i] = worse
				return changed
			}}
		}})
	}
	return list
}

func objectDefects(schema *openapi3.Schema, value any) []defect {
	object, _ := value.(map[string]any)
	with := func(name string, one any) any {
		changed := maps.Clone(object)
		if changed == nil {
			changed = map[string]any{}
		}
		changed[name] = one
		return changed
	}
	var list []defect
	for _, name := range schema.Required {
		list = append(list, defect{"without " + name, func(*rapid.T) any {
			changed := maps.Clone(object)
			delete(changed, name)
			return changed
		}})
	}
	if has := schema.AdditionalProperties.Has; has != nil && !*has {
		list = append(list, constant("an unknown field", with("no_such_field", "x")))
		for _, name := range sortedKeys(schema.Properties) {
			if _, present := object[name]; !present {
				list = append(
					list, constant("a field in other letters", with(strings.ToUpper(name), "x")),
				)
				break
			}
		}
	}
	if schema.MinProps > 0 && len(schema.Required) == 0 {
		list = append(list, constant("too few fields", map[string]any{}))
	}
	for _, name := range sortedKeys(schema.Properties) {
		list = append(list, defect{"within", func(*rapid.T) any {
			return deeper{
				name, schema.Properties[name].Value, object[name],
				func(worse any) any { return with(name, worse) },
			}
		}})
	}
	if extra := schema.AdditionalProperties.Schema; extra != nil {
		list = append(list, defect{"within", func(*rapid.T) any {
			return deeper{
				"a value", extra.Value, nil, func(worse any) any { return with("key_0", worse) },
			}
		}})
		if schema.MaxProps != nil {
			list = append(list, defect{"too many fields", func(*rapid.T) any {
				changed := map[string]any{}
				for i := range *schema.MaxProps + 1 {
					changed[fmt.Sprintf("key_%d", i)] = "x"
				}
				return changed
			}})
		}
	}
	return list
}

// brokenText draws a text that a parameter's schema refuses.
func brokenText(t *rapid.T, schema *openapi3.Schema, in string) (text, what string) {
	var list []defect
	switch {
	case len(schema.Enum) > 0:
		list = append(list, constant("not in the enum", "no-such-value"))
	case schema.Type.Is(openapi3.TypeInteger):
		list = append(list, constant("not a number", "seven"), constant("not an integer", "1.5"))
		for _, d := range integerDefects(schema)[:3] {
			list = append(list, constant(d.what, asText(d.make(t))))
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		list = append(list, constant("not a boolean", "perhaps"), constant("not a boolean", "2"))
	case schema.Type.Is(openapi3.TypeArray):
		return brokenText(t, schema.Items.Value, in)
	default:
		list = slices.DeleteFunc(textDefects(schema), func(d defect) bool {
			text, _ := d.make(t).(string)
			plain := text == strings.TrimSpace(text) && utf8.RuneCountInString(text) == len(text)
			return text == "" || in == "header" && !plain ||
				in == "path" && strings.Contains(text, "/")
		})
	}
	if len(list) == 0 {
		return "", ""
	}
	d := rapid.SampledFrom(list).Draw(t, "defect")
	return asText(d.make(t)), d.what
}
