package contract_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/apitest"
)

// surrogate stands for half of a surrogate pair, which no Go string holds: encodeText writes it.
const surrogate = "\ue0ff"

// unreadable are texts that say nothing, and such as no database stores.
var unreadable = append(
	slices.Clone(blanks), "", "\x00", "a\x00b", surrogate, "a"+surrogate+"b", "\t\r\n",
	"\u180e\ufeff",
)

// isUnstorable reports whether a text holds U+0000 or half of a surrogate pair.
func isUnstorable(text string) bool { return strings.ContainsAny(text, "\x00"+surrogate) }

// textField is a place for a text in a request.
type textField struct {
	name    string // for messages
	pointer string // as a problem names it
	schema  *openapi3.Schema
	put     func(c *call, text string)
}

// Every operation, every text field of its body and its query: texts of blanks, with U+0000 and
// with half of a surrogate pair are 422 or 400 and name the field, unless the contract allows them,
// and are never a fault of the server.
func TestBlanksAreNeverAFaultOfTheServer(t *testing.T) {
	apitest.NotWithRace(t)
	e := newEngine(t, apitest.New(t, calm()...), readContract(t, shopd.Contract))
	e.prepare(t)
	requests, fields := 0, 0
	allowed := map[string]bool{}
	for i, op := range e.operations {
		var c *call
		var places []textField
		holds(usualSeed+uint64(i), 1, func(rt *rapid.T) {
			c = e.valid(rt, op, e.people.callerOf(rt, op))
			places = e.textFields(rt, c)
		})
		fields += len(places)
		for _, place := range places {
			for _, text := range unreadable {
				requests++
				spoiled := *c
				spoiled.ids = maps.Clone(c.ids)
				place.put(&spoiled, text)
				request, err := spoiled.request(e.shop.URL())
				if !assert.NoError(t, err) {
					continue
				}
				r, v := e.send(&spoiled, request)
				where := op.id + " " + place.name
				switch {
				case v != nil || r.status >= http.StatusInternalServerError:
					t.Errorf("%s %q: %d %s %v", where, text, r.status, r.body, v)
				case text != "" && !isUnstorable(text) && allowsText(place.schema, text):
					allowed[where] = true
				case text == "" && (allowsText(place.schema, text) || place.pointer == ""),
					place.pointer == "" || r.status == http.StatusUnauthorized:
				case !slices.Contains(refused, r.status) ||
					!strings.Contains(r.fields, place.pointer):
					t.Errorf(
						"%s %q: %d %s, and %s is not named: %s", where, text, r.status, r.code,
						place.pointer, r.fields,
					)
				}
			}
		}
	}
	t.Logf("%d requests to %d text fields of %d operations", requests, fields, len(e.operations))
	for where := range keys(allowed) {
		operation, field, _ := strings.Cut(where, " ")
		if name := field[strings.LastIndex(field, "/")+1:]; !strings.HasPrefix(field, "?") {
			assert.Contains(t, mayBeBlank, name, operation)
		}
	}
}

// mayBeBlank are the fields of bodies that the contract allows to be blank: texts that may be left
// out, and such as are only compared with what there is.
var mayBeBlank = []string{
	"description", "alt", "line2", "state", "reference", "reason", "content", "key_0", "sku",
	"username", "email", "password", "current_password", "token", "refresh_token", "payment_type",
	"url", "image_base_url", "encoding", "0",
}

// allowsText reports whether a schema allows a text, its enum and its format included.
func allowsText(schema *openapi3.Schema, text string) bool {
	return len(schema.Enum) == 0 && schema.Format != "date-time" && schema.Format != "date" &&
		allows(schema, text)
}

// textFields returns the places for texts in a request like a valid one.
func (g *generator) textFields(t *rapid.T, c *call) (all []textField) {
	for _, p := range c.op.parameters {
		schema := p.Schema.Value
		if schema.Type.Is(openapi3.TypeArray) {
			schema = schema.Items.Value
		}
		if !schema.Type.Is(openapi3.TypeString) {
			continue
		}
		switch p.In {
		case openapi3.ParameterInQuery:
			all = append(
				all,
				textField{"?" + p.Name, "/" + p.Name, schema, func(c *call, text string) {
					if strings.Contains(text, surrogate) {
						text = notUTF8
					}
					c.query = append(without(c.query, p.Name), pair{p.Name, text})
				}},
			)
		case openapi3.ParameterInPath:
			all = append(all, textField{"{" + p.Name + "}", "", schema, func(c *call, text string) {
				if text != "" {
					c.setPath(p.Name, strings.ReplaceAll(text, surrogate, notUTF8))
				}
			}})
		}
	}
	if len(c.op.media) == 0 {
		return all
	}
	if c.media = c.op.media[0]; slices.Contains(c.op.media, mediaJSON) {
		c.media = mediaJSON
	}
	schema := c.op.document.RequestBody.Value.Content[c.media].Schema.Value
	c.value = g.value(t, c, schema, place{"", "body"})
	g.walkTexts(t, c, schema, c.value, "", func(value any) any { return value }, &all, 0)
	return all
}

// walkTexts adds the places for texts within a value of a schema. put returns the whole body with
// another value in its place.
func (g *generator) walkTexts(
	t *rapid.T, c *call, schema *openapi3.Schema, value any, pointer string, put func(any) any,
	all *[]textField, depth int,
) {
	if len(schema.AllOf) > 0 {
		schema = schema.AllOf[0].Value
	}
	field := pointer[strings.LastIndex(pointer, "/")+1:]
	switch {
	case depth > 5 || schema.Format == "binary":
	case schema.Type.Is(openapi3.TypeString):
		*all = append(*all, textField{pointer, pointer, schema, func(c *call, text string) {
			c.value = put(text)
			g.encode(c)
			half := `\ud800`
			if c.media != mediaJSON {
				half = "\xed\xa0\x80"
			}
			c.body = bytes.ReplaceAll(c.body, []byte(surrogate), []byte(half))
			c.body = bytes.ReplaceAll(c.body, []byte("%EE%83%BF"), []byte("%ED%A0%80"))
		}})
	case schema.Type.Is(openapi3.TypeArray):
		items, _ := value.([]any)
		item := any(nil)
		if len(items) > 0 {
			item = items[0]
		} else {
			item = g.value(t, c, schema.Items.Value, place{field, "body"})
		}
		g.walkTexts(t, c, schema.Items.Value, item, pointer+"/0", func(inner any) any {
			if len(items) > 1 {
				return put(append([]any{inner}, items[1:]...))
			}
			return put([]any{inner})
		}, all, depth+1)
	case schema.Type.Is(openapi3.TypeObject):
		object, _ := value.(map[string]any)
		with := func(name string) func(any) any {
			return func(inner any) any {
				changed := map[string]any{}
				maps.Copy(changed, object)
				changed[name] = inner
				return put(changed)
			}
		}
		for _, name := range sortedKeys(schema.Properties) {
			inner := schema.Properties[name].Value
			one, there := object[name]
			if !there || one == nil {
				one = g.value(t, c, inner, place{name, "body"})
			}
			g.walkTexts(t, c, inner, one, pointer+"/"+name, with(name), all, depth+1)
		}
		if extra := schema.AdditionalProperties.Schema; extra != nil {
			g.walkTexts(
				t, c, extra.Value, nil, pointer+"/key_0", with("key_0"), all, depth+1,
			)
		}
	}
}
