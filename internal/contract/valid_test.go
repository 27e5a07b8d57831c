package contract_test

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// place is where a value goes, which decides what text can be written there.
type place struct {
	field string // its name
	in    string // path, query, header or body
}

// value draws a value that a schema allows, often one at its limits.
func (g *generator) value(t *rapid.T, c *call, schema *openapi3.Schema, at place) any {
	if schema.Nullable && at.in == "body" && rapid.IntRange(0, 6).Draw(t, "null") == 1 {
		return nil
	}
	if len(schema.AllOf) > 0 {
		return g.value(t, c, schema.AllOf[0].Value, at)
	}
	if len(schema.Enum) > 0 {
		return rapid.SampledFrom(schema.Enum).Draw(t, at.field)
	}
	switch {
	case schema.Type.Is(openapi3.TypeBoolean):
		return rapid.Bool().Draw(t, at.field)
	case schema.Type.Is(openapi3.TypeInteger):
		return g.integer(t, c, schema, at)
	case schema.Type.Is(openapi3.TypeNumber):
		return json.Number(
			strconv.FormatFloat(
				rapid.Float64Range(least(schema, 0), most(schema, 1e6)).Draw(t, at.field), 'f', 3,
				64,
			),
		)
	case schema.Type.Is(openapi3.TypeArray):
		list := []any{}
		for range size(t, schema.MinItems, schema.MaxItems) {
			list = append(list, g.value(t, c, schema.Items.Value, at))
		}
		if schema.UniqueItems {
			list = g.different(t, c, schema, at, list)
		}
		return list
	case schema.Type.Is(openapi3.TypeString):
		return g.text(t, c, schema, at)
	}
	return g.object(t, c, schema, at)
}

// different removes equal values from a list, and draws others while there are too few.
func (g *generator) different(
	t *rapid.T, c *call, schema *openapi3.Schema, at place, list []any,
) []any {
	seen := map[string]bool{}
	isSeen := func(one any) bool {
		before := seen[asText(one)]
		seen[asText(one)] = true
		return before
	}
	list = slices.DeleteFunc(list, isSeen)
	for i := int64(1); uint64(len(list)) < schema.MinItems; i++ {
		one := g.value(t, c, schema.Items.Value, at)
		if schema.Items.Value.Type.Is(openapi3.TypeInteger) && seen[asText(one)] {
			one = json.Number(strconv.FormatInt(i, 10))
		}
		if !isSeen(one) {
			list = append(list, one)
		}
	}
	return list
}

func (g *generator) object(t *rapid.T, c *call, schema *openapi3.Schema, at place) any {
	object := map[string]any{}
	optional := slices.DeleteFunc(
		sortedKeys(schema.Properties),
		func(name string) bool { return slices.Contains(schema.Required, name) },
	)
	names := slices.Clone(schema.Required)
	switch rapid.SampledFrom([]string{"some", "none", "one", "all"}).Draw(t, "optional") {
	case "some":
		for _, name := range optional {
			if rapid.Bool().Draw(t, name) {
				names = append(names, name)
			}
		}
	case "one":
		if len(optional) > 0 {
			names = append(names, rapid.SampledFrom(optional).Draw(t, "one"))
		}
	case "all":
		names = append(names, optional...)
	}
	for _, name := range optional {
		if uint64(len(names)) >= schema.MinProps {
			break
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if schema.MaxProps != nil && schema.Properties != nil {
		names = names[:min(len(names), int(*schema.MaxProps))]
	}
	for _, name := range names {
		object[name] = g.value(t, c, schema.Properties[name].Value, place{name, at.in})
	}
	if extra := schema.AdditionalProperties.Schema; extra != nil {
		for i := range size(t, schema.MinProps, schema.MaxProps) {
			object["key_"+strconv.Itoa(i)] = g.value(t, c, extra.Value, place{at.field, at.in})
		}
	}
	belong(c, object)
	if at.field == "" {
		settle(t, c, object)
	}
	return object
}

// size draws a number of items: mostly small, sometimes the greatest that is allowed.
func size(t *rapid.T, least uint64, most *uint64) int {
	small := int(least) + rapid.IntRange(0, 3).Draw(t, "size")
	if most == nil {
		return small
	}
	if rapid.IntRange(0, 19).Draw(t, "full") == 19 {
		return int(*most)
	}
	return min(small, int(*most))
}

func (g *generator) integer(t *rapid.T, c *call, schema *openapi3.Schema, at place) any {
	name := at.field
	switch {
	case at.in == "path":
		name = c.op.keyOf(name, g.known.collections)
	case name == "ids":
		name = noun(c.op.path, g.known.collections) + "_id"
	case strings.HasSuffix(name, "_id"):
		name = g.known.nameFor(name, noun(c.op.path, g.known.collections))
	}
	if strings.HasSuffix(name, "_id") && rapid.IntRange(0, 9).Draw(t, "known") < 9 {
		if e, ok := g.known.pick(t, name, c.caller()); ok {
			c.picked(e, at)
			return json.Number(asText(e.value))
		}
	}
	low, high := bounds(schema)
	if name == "customer_id" { // the least ids are those of the callers
		return json.Number(
			strconv.FormatInt(high-int64(rapid.IntRange(0, 1).Draw(t, "nobody")), 10),
		)
	}
	choices := []int64{
		low, high, min(low+1, high), max(high-1, low), max(low, min(0, high)),
		max(low, min(1, high)), max(low, min(7, high)),
	}
	if rapid.Bool().Draw(t, "at the limit") {
		return json.Number(strconv.FormatInt(rapid.SampledFrom(choices).Draw(t, at.field), 10))
	}
	return json.Number(
		strconv.FormatInt(
			rapid.Int64Range(max(low, min(high, 0)), min(high, max(low, 0)+1000)).Draw(t, at.field),
			10,
		),
	)
}

// bounds returns the least and the greatest integer of a schema.
func bounds(schema *openapi3.Schema) (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if schema.Format == "int32" {
		low, high = math.MinInt32, math.MaxInt32
	}
	if schema.Min != nil {
		low = int64(*schema.Min)
	}
	if schema.Max != nil && *schema.Max < math.MaxInt64 {
		high = int64(*schema.Max)
	}
	return low, high
}

func least(schema *openapi3.Schema, otherwise float64) float64 {
	if schema.Min != nil {
		return *schema.Min
	}
	return otherwise
}

func most(schema *openapi3.Schema, otherwise float64) float64 {
	if schema.Max != nil {
		return *schema.Max
	}
	return otherwise
}

func (g *generator) text(t *rapid.T, c *call, schema *openapi3.Schema, at place) string {
	if text, ok := g.meaningful(t, c, at); ok && allows(schema, text) {
		return text
	}
	if schema.Format == "date-time" {
		return rapid.SampledFrom([]string{
			"2026-01-31T12:00:00Z", "1970-01-01T00:00:00+00:00",
			"2024-02-29T23:59:59.999999999-12:00", "2000-01-01T00:00:00.5+14:00",
			"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
		}).
			Draw(t, at.field)
	}
	if schema.Format == "date" {
		return rapid.SampledFrom([]string{
			"2026-01-31", "2026-11-21", "2024-02-29", "1970-01-01", "9999-12-31", "0001-01-01",
		}).
			Draw(t, at.field)
	}
	low, high := int(schema.MinLength), 200
	if schema.MaxLength != nil {
		high = int(*schema.MaxLength)
	}
	length := rapid.SampledFrom([]int{
		min(low+3, high), low, low + 1, min(high, low+12), high - 1, high,
	}).
		Draw(t, "length")
	if length > 300 && rapid.IntRange(0, 7).Draw(t, "long") > 0 {
		length = 40
	}
	length = max(low, min(high, length))
	if schema.Pattern != "" && !mustNotBeBlank(schema) {
		return matching(t, schema, length, high)
	}
	text := fill(t, length, at.in)
	if length > 0 && !allows(schema, text) {
		text = "x" + string([]rune(text)[1:])
	}
	return text
}

// mustNotBeBlank reports whether the pattern only demands that a text is more than blanks.
func mustNotBeBlank(schema *openapi3.Schema) bool {
	return strings.HasPrefix(strings.TrimPrefix(schema.Pattern, "^$|"), `[^\s\p{Z}`)
}

var unicodeEscape = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// goPattern returns a pattern as Go writes it: \u2800 is \x{2800}.
func goPattern(pattern string) string { return unicodeEscape.ReplaceAllString(pattern, `\x{$1}`) }

// allows reports whether a schema allows a text.
func allows(schema *openapi3.Schema, text string) bool {
	length := uint64(utf8.RuneCountInString(text))
	return length >= schema.MinLength && (schema.MaxLength == nil || length <= *schema.MaxLength) &&
		(schema.Pattern == "" || regexp.MustCompile(goPattern(schema.Pattern)).MatchString(text))
}

var (
	anyRune   = []rune("aZ0 b-é漢😀'\"\\<&%/\n\tß\u0301\u202eİ,;=+")
	plainRune = []rune("aZ0b-'\"\\<&%/,;=+~!#$")
)

// fill draws a text of a number of characters.
func fill(t *rapid.T, length int, in string) string {
	alphabet := anyRune
	if in == "header" {
		alphabet = plainRune
	}
	if length == 0 {
		return ""
	}
	letters := rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 6).Draw(t, "text")
	runes := make([]rune, 0, length)
	for len(runes) < length {
		runes = append(runes, letters[len(runes)%len(letters)])
	}
	return string(runes)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
