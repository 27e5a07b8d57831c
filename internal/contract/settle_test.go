package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// belong makes a variant and a product belong together.
func belong(c *call, object map[string]any) {
	if whole := c.whole["variant_id"]; whole != "" && object["product_id"] != nil &&
		object["variant_id"] != nil {
		object["product_id"] = json.Number(whole)
	}
}

// settle makes the fields of a body agree with each other where the descriptions of the contract
// require it, which OpenAPI 3.0 cannot express.
func settle(t *rapid.T, c *call, object map[string]any) {
	keepOne := func(names ...string) {
		kept := rapid.SampledFrom(names).Draw(t, "one of")
		for _, name := range names {
			if name != kept {
				delete(object, name)
			}
		}
	}
	switch c.op.id {
	case "login":
		if who := c.login; who != nil {
			object["password"] = who.password
			if c.media == mediaForm {
				object["username"] = who.email
				return
			}
			delete(object, "username")
			object["email"] = who.email
		}
	case "createVariant":
		object["options"] = map[string]any{
			"size": fmt.Sprint("X", rapid.IntRange(1, 1<<30).Draw(t, "size")),
		}
		if rapid.Bool().Draw(t, "no image") {
			delete(object, "image_id")
		}
	case "createProduct":
		if rapid.Bool().Draw(t, "simple") || object["variants"] == nil {
			delete(object, "variants")
			object["price"] = money(t, "price")
			return
		}
		for _, name := range []string{
			"price", "discount_price", "sku", "gtin", "stock", "track_inventory",
		} {
			delete(object, name)
		}
	case "payOrder", "createPaymentMethod":
		if rapid.IntRange(0, 3).Draw(t, "complete") > 0 && object["token"] != nil {
			object["payment_type"] = "card"
			delete(object, "payment_method_id")
		}
	case "setStock", "adjustStock":
		if object["variant_id"] == nil && object["sku"] == nil {
			object["sku"] = "LAMP-1"
		}
		present := slices.DeleteFunc(
			[]string{"variant_id", "gtin", "sku"},
			func(name string) bool { return object[name] == nil },
		)
		if len(present) > 1 {
			keepOne(present...)
		}
	}
	for _, name := range []string{"title", "name"} {
		if text, ok := object[name].(string); ok && text != "" && strings.TrimSpace(text) == "" {
			object[name] = "x" + text[1:]
		}
	}
}

// settleQuery does the same for parameters.
func settleQuery(_ *rapid.T, c *call) {
	has := func(name string) bool {
		return slices.ContainsFunc(c.query, func(p pair) bool { return p.name == name })
	}
	if has("cursor") && has("offset") {
		c.query = without(c.query, "offset")
	}
	if has("from") && has("to") {
		c.query = without(c.query, "to")
	}
}
