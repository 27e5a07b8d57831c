package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/apitest"
)

const (
	mediaJSON  = "application/json"
	mediaForm  = "application/x-www-form-urlencoded"
	mediaParts = "multipart/form-data"
)

type pair struct{ name, value string }

// call is a request, and what is wrong with it.
type call struct {
	op      *operation
	actor   *actor // nil for a call without an account
	method  string
	address string // the path, escaped
	query   []pair // not yet escaped
	headers []pair
	token   string // instead of the actor's
	media   string
	value   any // the body before it was encoded
	body    []byte

	kind   string // valid, parameter, body, transport, token or method
	defect string // what is wrong with it; empty for a valid call
	want   []int  // the statuses it may get; nil for a valid call
	login  *actor // the account of a login with the right password
	ids    map[string]string
	parent string            // the id in the address, of the first parameter
	fixed  apitest.Fields    // fields of the body that replace what was drawn
	whole  map[string]string // for each picked part: the id of what it is part of
}

func (c *call) caller() string {
	if c.actor == nil {
		return ""
	}
	return c.actor.name
}

func (c *call) picked(e entry, at place) {
	if e.parent != "" {
		c.whole[at.field] = e.parent
	}
}

// generator draws calls.
type generator struct {
	known    *known
	people   *crowd
	methods  map[string][]string // by path
	fresh    map[string]func(*call)
	pictures string // where images can be fetched from
	picture  []byte
}

// valid draws a call that the contract allows.
func (g *generator) valid(t *rapid.T, op *operation, who *actor) *call {
	c := &call{
		op:     op,
		actor:  who,
		method: op.method,
		kind:   "valid",
		ids:    map[string]string{},
		whole:  map[string]string{},
	}
	g.fillPath(t, c)
	if op.id == "login" && rapid.IntRange(0, 3).Draw(t, "known account") > 0 {
		c.login = g.people.named("stranger")
	}
	if fresh := g.fresh[op.id]; fresh != nil && rapid.Bool().Draw(t, "fresh") {
		fresh(c)
		if names := op.pathParameters(); len(names) > 0 {
			c.parent = c.ids[names[0]]
		}
	}
	for _, p := range op.parameters {
		if p.In == openapi3.ParameterInPath ||
			!p.Required && rapid.IntRange(0, 2).Draw(t, "send "+p.Name) > 0 {
			continue
		}
		value := g.value(t, c, p.Schema.Value, place{p.Name, p.In})
		switch p.In {
		case openapi3.ParameterInHeader:
			if text := asText(value); text != "" &&
				len(without(c.headers, p.Name)) == len(c.headers) {
				c.headers = append(c.headers, pair{p.Name, text})
			}
		default:
			list, ok := value.([]any)
			if !ok {
				list = []any{value}
			}
			if ok && p.Explode != nil && !*p.Explode {
				list = []any{joined(list)}
			}
			for _, one := range list {
				c.query = append(c.query, pair{p.Name, asText(one)})
			}
		}
	}
	settleQuery(t, c)
	if ok := op.document.Responses.Status(
		http.StatusOK,
	); ok != nil && ok.Value.Content["text/event-stream"] != nil &&
		rapid.Bool().Draw(t, "stream") {
		c.headers = append(c.headers, pair{"Accept", "text/event-stream"})
	}
	if len(op.media) > 0 {
		c.media = rapid.SampledFrom(op.media).Draw(t, "media")
		schema := op.document.RequestBody.Value.Content[c.media].Schema.Value
		c.value = g.value(t, c, schema, place{"", "body"})
		if object, ok := c.value.(map[string]any); ok {
			maps.Copy(object, c.fixed)
		}
		g.encode(c)
	}
	return c
}

// joined returns a list as one value, separated by commas.
func joined(list []any) string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = asText(one)
	}
	return strings.Join(texts, ",")
}

// fillPath fills the parameters of the path from its end, because a part determines its whole.
func (g *generator) fillPath(t *rapid.T, c *call) {
	c.address = c.op.path
	names := c.op.pathParameters()
	whole := ""
	for _, name := range slices.Backward(names) {
		var schema *openapi3.Schema
		for _, p := range c.op.parameters {
			if p.In == openapi3.ParameterInPath && p.Name == name {
				schema = p.Schema.Value
			}
		}
		text := whole
		if text == "" {
			text = asText(g.value(t, c, schema, place{name, "path"}))
		}
		whole = c.whole[name]
		c.setPath(name, text)
	}
	if len(names) > 0 {
		c.parent = c.ids[names[0]]
	}
}

func (c *call) setPath(name, text string) {
	c.ids[name] = text
	c.address = c.op.path
	for n, value := range c.ids {
		c.address = strings.Replace(c.address, "{"+n+"}", url.PathEscape(value), 1)
	}
}

// encode writes the value as the body.
func (g *generator) encode(c *call) {
	object, _ := c.value.(map[string]any)
	switch c.media {
	case mediaForm:
		form := url.Values{}
		for name, value := range object {
			form.Set(name, asText(value))
		}
		c.body = []byte(form.Encode())
	case mediaParts:
		c.body = nil
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		_ = parts.SetBoundary("a-part-of-a-picture") // valid, so no error
		for _, name := range sortedKeys(object) {
			if name != "file" {
				_ = parts.WriteField(name, asText(object[name]))
			}
		}
		if _, ok := object["file"]; ok {
			name, media, content := "picture.png", "image/png", g.picture
			if c.op.id == "startImport" {
				name, media, content = "products.csv", "text/csv", []byte(
					"id,title,price\njug,Jug,1.00\n",
				)
			}
			part, _ := parts.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`},
				"Content-Type":        {media},
			})
			_, _ = part.Write(content)
		}
		_ = parts.Close()
		c.body = body.Bytes()
	default:
		c.body, _ = json.Marshal(c.value)
	}
}

// contentType returns the header Content-Type.
func (c *call) contentType() string {
	if c.media == mediaParts {
		return mediaParts + "; boundary=a-part-of-a-picture"
	}
	return c.media
}

// request returns the call as an HTTP request.
func (c *call) request(base string) (*http.Request, error) {
	request, err := http.NewRequest(c.method, base+c.target(), bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	if c.media != "" {
		request.Header.Set("Content-Type", c.contentType())
	}
	for _, h := range c.headers {
		request.Header.Add(h.name, h.value)
	}
	switch {
	case c.token != "":
		request.Header.Set("Authorization", "Bearer "+c.token)
	case c.actor != nil:
		request.Header.Set("Authorization", "Bearer "+c.actor.token)
	}
	return request, nil
}

func (c *call) target() string {
	var query []string
	for _, p := range c.query {
		value := url.QueryEscape(p.value)
		if p.value == notUTF8 {
			value = "%ff"
		}
		query = append(query, url.QueryEscape(p.name)+"="+value)
	}
	if len(query) == 0 {
		return c.address
	}
	return c.address + "?" + strings.Join(query, "&")
}

const notUTF8 = "\xff"

// curl returns the call as a command.
func (c *call) curl(base string) string {
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
	parts := []string{"curl", "-i", "-X", c.method, quote(base + c.target())}
	switch {
	case c.token != "":
		parts = append(parts, "-H", quote("Authorization: Bearer "+c.token))
	case c.actor != nil:
		parts = append(
			parts, "-H", `"Authorization: Bearer $`+strings.ToUpper(c.actor.name)+`_TOKEN"`,
		)
	}
	if c.media != "" {
		parts = append(parts, "-H", quote("Content-Type: "+c.contentType()))
	}
	for _, h := range c.headers {
		parts = append(parts, "-H", quote(h.name+": "+h.value))
	}
	if len(c.body) > 0 {
		body := string(c.body)
		if len(body) > 1500 {
			body = body[:1500] + "… (" + strconv.Itoa(len(body)) + " bytes)"
		}
		parts = append(parts, "--data-binary", quote(body))
	}
	return strings.Join(parts, " ")
}

// label returns the kind of the call with its defect, for figures and to distinguish findings.
func (c *call) label() string {
	if c.defect == "" {
		return c.kind
	}
	return fmt.Sprintf("%s (%s)", c.kind, c.defect)
}
