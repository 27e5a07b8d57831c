package contract_test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// draw draws a call of an operation, half of them valid.
func (g *generator) draw(t *rapid.T, op *operation) *call {
	c := g.valid(t, op, g.people.callerOf(t, op))
	spoil := rapid.SampledFrom([]func(*rapid.T, *call){
		nil,
		nil,
		nil,
		nil,
		nil,
		nil,
		nil,
		nil,
		nil,
		nil,
		g.spoilParameter,
		g.spoilParameter,
		g.spoilParameter,
		g.spoilBody,
		g.spoilBody,
		g.spoilBody,
		g.spoilBody,
		g.spoilTransport,
		g.spoilToken,
		g.spoilMethod,
	}).Draw(t, "how")
	if spoil != nil {
		spoil(t, c)
	}
	return c
}

// refused are the statuses of a request that violates the contract.
var refused = []int{http.StatusBadRequest, http.StatusUnprocessableEntity}

// spoilParameter breaks a parameter: its value, or how often it is sent.
func (g *generator) spoilParameter(t *rapid.T, c *call) {
	c.kind, c.want = "parameter", refused
	if len(c.op.parameters) == 0 || rapid.IntRange(0, 5).Draw(t, "unknown") == 5 {
		c.defect = "query: unknown"
		c.query = append(c.query, pair{"no_such_parameter", "1"})
		return
	}
	p := rapid.SampledFrom(c.op.parameters).Draw(t, "parameter")
	schema := p.Schema.Value
	text, what := brokenText(t, schema, p.In)
	set := func(value string) {
		switch p.In {
		case openapi3.ParameterInPath:
			c.setPath(p.Name, value)
		case openapi3.ParameterInHeader:
			c.headers = append(without(c.headers, p.Name), pair{p.Name, value})
		default:
			c.query = append(without(c.query, p.Name), pair{p.Name, value})
		}
	}
	switch way := rapid.IntRange(0, 9).Draw(t, "way"); {
	case way == 0 && p.In == openapi3.ParameterInQuery && !schema.Type.Is(openapi3.TypeArray):
		what = "repeated"
		value := asText(g.value(t, c, schema, place{p.Name, p.In}))
		c.query = append(without(c.query, p.Name), pair{p.Name, value}, pair{p.Name, value})
	case way == 1 && p.In == openapi3.ParameterInQuery:
		what = "holds U+0000"
		set("a\x00b")
	case way == 2 && p.In == openapi3.ParameterInQuery:
		what = "is not UTF-8"
		set(notUTF8)
	case way == 3 && p.Required && p.In != openapi3.ParameterInPath:
		what = "missing"
		c.query, c.headers = without(c.query, p.Name), without(c.headers, p.Name)
	case way == 4 && schema.Type.Is(openapi3.TypeArray) && schema.MaxItems != nil:
		what = "too many"
		for range *schema.MaxItems + 1 {
			c.query = append(
				c.query,
				pair{p.Name, asText(g.value(t, c, schema.Items.Value, place{p.Name, p.In}))},
			)
		}
	case what == "":
		g.spoilTransport(t, c)
		return
	default:
		set(text)
	}
	c.defect = p.In + " " + p.Name + ": " + what
	// A text that is no id may be refused, or be the address of nothing.
	if p.In == openapi3.ParameterInPath {
		c.want = append(slices.Clone(refused), http.StatusNotFound)
	}
}

func without(pairs []pair, name string) []pair {
	return slices.DeleteFunc(slices.Clone(pairs), func(p pair) bool { return p.name == name })
}

// spoilBody breaks a JSON body somewhere within.
func (g *generator) spoilBody(t *rapid.T, c *call) {
	if c.media != mediaJSON {
		g.spoilParameter(t, c)
		return
	}
	schema := c.op.document.RequestBody.Value.Content[c.media].Schema.Value
	if !schema.Type.Is(openapi3.TypeObject) || len(schema.Properties) == 0 {
		g.spoilTransport(t, c)
		return
	}
	c.kind, c.want = "body", refused
	c.value, c.defect = g.broken(t, schema, c.value, "body")
	g.encode(c)
}

// spoilTransport breaks the encoding of the body, or its headers.
func (g *generator) spoilTransport(t *rapid.T, c *call) {
	if len(c.op.media) == 0 {
		g.spoilMethod(t, c)
		return
	}
	c.kind, c.want = "transport", []int{http.StatusBadRequest}
	if c.op.document.RequestBody.Value.Required && rapid.IntRange(0, 4).Draw(t, "empty") == 0 {
		c.defect, c.body = "no body", nil
		return
	}
	if rapid.Bool().Draw(t, "media") {
		c.media = rapid.SampledFrom([]string{
			"text/plain", "", "application/xml", "application/jsonp", "no media type",
		}).
			Draw(t, "media")
		c.body = []byte("{}")
		c.defect, c.want = "media type "+c.media, []int{http.StatusUnsupportedMediaType}
		return
	}
	if c.media != mediaJSON {
		if !slices.Contains(c.op.media, mediaJSON) {
			g.spoilMethod(t, c)
			return
		}
		c.media = mediaJSON
		c.body = []byte("{}")
	}
	text := string(c.body)
	c.body = []byte(
		rapid.SampledFrom(
			[]string{"{", text + "x", text + text, text[:len(
				text,
			)-1], "\xff", "{'a':1}", "{\"a\":1,}", " ",
				strings.Repeat("[", 100), "NaN"},
		).
			Draw(t, "malformed"),
	)
	c.defect = "malformed JSON"
}

// spoilToken calls without a token, with an unknown one, or with too low a role.
func (g *generator) spoilToken(t *rapid.T, c *call) {
	if c.op.public {
		g.spoilParameter(t, c)
		return
	}
	c.kind, c.want = "token", []int{http.StatusUnauthorized}
	lower := slices.Index(roles, c.op.role)
	switch way := rapid.IntRange(0, 3).Draw(t, "way"); {
	case way == 0 && !c.op.guests:
		c.defect, c.actor = "none", nil
	case way == 1 && lower > 0:
		c.defect, c.want = "of a lower role", []int{http.StatusForbidden}
		c.actor = g.people.named(roles[rapid.IntRange(0, lower-1).Draw(t, "role")])
	case way == 2 && g.people.spent != "":
		c.defect, c.token = "of an ended session", g.people.spent
	default:
		c.defect, c.token = "unknown", "eyJhbGciOiJub25lIn0.e30."
	}
}

// spoilMethod calls an address by a method it does not have.
func (g *generator) spoilMethod(t *rapid.T, c *call) {
	all := slices.DeleteFunc(
		[]string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"},
		func(method string) bool {
			return slices.Contains(g.methods[c.op.path], method)
		},
	)
	c.kind, c.want = "method", []int{http.StatusMethodNotAllowed}
	c.method = rapid.SampledFrom(all).Draw(t, "method")
	c.defect = c.method
}
