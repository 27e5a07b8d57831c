package contract_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// known has the ids and codes of earlier responses, under names such as product_id, so that later
// requests refer to what exists. It links operations by names alone.
type known struct {
	entries     map[string][]entry
	tags        map[string]string // ETag by address
	collections map[string]bool
}

type entry struct {
	value  any    // a json.Number or a string
	parent string // the id of what it is part of: a variant's product
	owner  string // the only customer who may see it; empty for all
}

// mostKnown is how many values are stored under a name.
const mostKnown = 60

func newKnown(collections map[string]bool) *known {
	return &known{
		entries:     map[string][]entry{},
		tags:        map[string]string{},
		collections: collections,
	}
}

func (k *known) add(name string, e entry) {
	// No request may lock out the callers: see addBystander.
	if name == "customer_id" || name == "user_id" {
		return
	}
	list := k.entries[name]
	if slices.ContainsFunc(
		list, func(o entry) bool { return o.value == e.value && o.parent == e.parent },
	) {
		return
	}
	if len(list) >= mostKnown {
		list = slices.Delete(list, 5, 6) // the first five are from the prepared shop
	}
	k.entries[name] = append(list, e)
}

// addBystander adds an account to which anything may be done.
func (k *known) addBystander(id int64) {
	k.entries["customer_id"] = append(
		k.entries["customer_id"], entry{value: json.Number(strconv.FormatInt(id, 10))},
	)
	if list := k.entries["customer_id"]; len(list) > mostKnown {
		k.entries["customer_id"] = list[1:]
	}
}

func (k *known) forget(name string, value string) {
	k.entries[name] = slices.DeleteFunc(
		k.entries[name], func(e entry) bool { return asText(e.value) == value },
	)
}

// pick draws a value that exists, preferably one of the caller's own.
func (k *known) pick(t *rapid.T, name, caller string) (entry, bool) {
	list := k.entries[name]
	if caller != "" && rapid.IntRange(0, 9).Draw(t, "whose") < 9 {
		own := slices.DeleteFunc(
			slices.Clone(list), func(e entry) bool { return e.owner != "" && e.owner != caller },
		)
		if len(own) > 0 {
			list = own
		}
	}
	if len(list) == 0 {
		return entry{}, false
	}
	last := len(list) - 1
	if rapid.IntRange(0, 2).Draw(t, "prepared") == 2 {
		last = min(last, 9)
	}
	return list[rapid.IntRange(0, last).Draw(t, "which")], true
}

// nameFor returns the longest known name with which a field's name ends: address_id for
// shipping_address_id.
func (k *known) nameFor(field, noun string) string {
	if field == "parent_id" {
		return noun + "_id"
	}
	for name := field; ; {
		if len(k.entries[name]) > 0 {
			return name
		}
		_, rest, found := strings.Cut(name, "_")
		if !found || rest == "id" {
			return field
		}
		name = rest
	}
}

// learn stores the ids and codes of a response.
func (k *known) learn(c *call, address string, body []byte) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return
	}
	owner := ""
	if (c.op.role == "customer" || c.op.guests) && c.actor != nil {
		owner = c.actor.name
	}
	of := noun(c.op.path, k.collections)
	if c.op.id == "pingWebhook" {
		of = "delivery"
	}
	if of == "" {
		of = singular(address[strings.LastIndex(address, "/")+1:])
	}
	k.walk(c.op, value, of, c.parent, owner)
}

func (k *known) walk(op *operation, value any, of, parent, owner string) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			k.walk(op, one, of, parent, owner)
		}
	case map[string]any:
		inner := parent
		if id, ok := v["id"]; ok {
			inner = asText(id)
		}
		for _, name := range sortedKeys(v) {
			switch one := v[name].(type) {
			case json.Number, string:
				k.field(op, name, one, of, parent, owner)
			case map[string]any:
				k.walk(op, one, name, inner, owner)
			case []any:
				next := singular(name)
				if name == "items" || name == "results" {
					next = of
				}
				k.walk(op, one, next, inner, owner)
			}
		}
	}
}

func (k *known) field(op *operation, name string, value any, of, parent, owner string) {
	text := asText(value)
	switch {
	case name == "id" || name == "slug" || name == "code":
		k.add(of+"_"+name, entry{value, parent, owner})
	case name == "next_cursor":
		k.add(op.id+"_cursor", entry{value, "", owner})
	case strings.HasSuffix(name, "_id"):
		k.add(name, entry{value, "", owner})
		if strings.HasPrefix(op.path, "/api/v1/cart") && owner != "" {
			k.add("cart_"+name, entry{value, "", owner})
		}
	case name == "refresh_token" || name == "gtin" || name == "sku" || name == "cart_token" ||
		name == "tracking_number":
		k.add(name, entry{value, "", owner})
	case name == "url" && strings.HasPrefix(text, "/media/"):
		k.add("path", entry{strings.TrimPrefix(text, "/media/"), "", ""})
	}
}

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func jsonNumber(text string) json.Number { return json.Number(text) }

func segments(path string) []string { return strings.Split(path, "/") }
