package contract_test

import (
	"encoding/json"
	"fmt"
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

// value draws one that a schema allows, with a liking for its limits.
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
		return json.Number(strconv.FormatFloat(rapid.Float64Range(least(schema, 0), most(schema, 1e6)).Draw(t, at.field), 'f', 3, 64))
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

// different leaves each value of a list in it once, and draws others while there are too few.
func (g *generator) different(t *rapid.T, c *call, schema *openapi3.Schema, at place, list []any) []any {
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
	optional := slices.DeleteFunc(sortedKeys(schema.Properties), func(name string) bool { return slices.Contains(schema.Required, name) })
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

// size draws how many there are of something: mostly few, sometimes as many as may be.
func size(t *rapid.T, least uint64, most *uint64) int {
	few := int(least) + rapid.IntRange(0, 3).Draw(t, "size")
	if most == nil {
		return few
	}
	if rapid.IntRange(0, 19).Draw(t, "full") == 19 {
		return int(*most)
	}
	return min(few, int(*most))
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
	if name == "customer_id" { // the least ids are of those who call
		return json.Number(strconv.FormatInt(high-int64(rapid.IntRange(0, 1).Draw(t, "nobody")), 10))
	}
	choices := []int64{low, high, min(low+1, high), max(high-1, low), max(low, min(0, high)), max(low, min(1, high)), max(low, min(7, high))}
	if rapid.Bool().Draw(t, "at the limit") {
		return json.Number(strconv.FormatInt(rapid.SampledFrom(choices).Draw(t, at.field), 10))
	}
	return json.Number(strconv.FormatInt(rapid.Int64Range(max(low, min(high, 0)), min(high, max(low, 0)+1000)).Draw(t, at.field), 10))
}

// bounds are the least and the greatest integer of a schema.
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
		return rapid.SampledFrom([]string{"2026-01-31T12:00:00Z", "1970-01-01T00:00:00+00:00", "2024-02-29T23:59:59.999999999-12:00",
			"2000-01-01T00:00:00.5+14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"}).Draw(t, at.field)
	}
	if schema.Format == "date" {
		return rapid.SampledFrom([]string{"2026-01-31", "2026-11-21", "2024-02-29", "1970-01-01", "9999-12-31", "0001-01-01"}).Draw(t, at.field)
	}
	low, high := int(schema.MinLength), 200
	if schema.MaxLength != nil {
		high = int(*schema.MaxLength)
	}
	length := rapid.SampledFrom([]int{min(low+3, high), low, low + 1, min(high, low+12), high - 1, high}).Draw(t, "length")
	if length > 300 && rapid.IntRange(0, 7).Draw(t, "long") > 0 {
		length = 40
	}
	length = max(low, min(high, length))
	if schema.Pattern != "" && schema.Pattern != `\S` {
		return matching(t, schema, length, high)
	}
	text := fill(t, length, at.in)
	if schema.Pattern == `\S` && strings.TrimSpace(text) == "" && length > 0 {
		text = "x" + string([]rune(text)[1:])
	}
	return text
}

// allows reports whether a text is one of a schema.
func allows(schema *openapi3.Schema, text string) bool {
	length := uint64(utf8.RuneCountInString(text))
	return length >= schema.MinLength && (schema.MaxLength == nil || length <= *schema.MaxLength) &&
		(schema.Pattern == "" || regexp.MustCompile(schema.Pattern).MatchString(text))
}

var (
	anyRune   = []rune("aZ0 b-é漢😀'\"\\<&%/\n\tß\u0301\u202eİ,;=+")
	plainRune = []rune("aZ0b-'\"\\<&%/,;=+~!#$")
)

// fill draws a text of so many characters.
func fill(t *rapid.T, length int, in string) string {
	alphabet := anyRune
	if in == "header" {
		alphabet = plainRune
	}
	if length == 0 {
		return ""
	}
	few := rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 6).Draw(t, "text")
	runes := make([]rune, 0, length)
	for len(runes) < length {
		runes = append(runes, few[len(runes)%len(few)])
	}
	return string(runes)
}

// meaningful draws a text that means something to the shop: a code that exists, a number with the right check digit.
// OpenAPI cannot say such things; the descriptions of the contract do.
func (g *generator) meaningful(t *rapid.T, c *call, at place) (string, bool) {
	name := at.field
	if at.in == "path" {
		name = c.op.keyOf(name, g.known.collections)
	}
	switch at.field {
	case "X-Cart-Token":
		name = "cart_token"
	case "cursor":
		name = c.op.id + "_cursor"
	case "If-Match", "If-None-Match":
		return g.known.tags[c.address], rapid.IntRange(0, 3).Draw(t, "known tag") > 0
	case "location", "category", "brand":
		name = at.field + "_code"
	case "gtin":
		if at.in == "body" && c.op.method == "POST" || len(g.known.entries["gtin"]) == 0 {
			return gtin(t), true
		}
	case "sku":
		if at.in == "body" && (c.op.method == "POST" || c.op.method == "PUT") && noun(c.op.path, g.known.collections) == "product" {
			return fmt.Sprintf("SKU-%d", rapid.IntRange(1, 1<<40).Draw(t, "sku")), true
		}
	case "price", "discount_price", "min_price", "max_price", "amount", "expected_total":
		return money(t, at.field), true
	case "email":
		return g.email(t, c), true
	case "current_password":
		return c.actor.password, rapid.IntRange(0, 3).Draw(t, "the right one") > 0
	case "password", "new_password":
		return password(t), true
	case "token":
		if c.op.id == "getGoogleFeed" {
			return feedToken, rapid.IntRange(0, 3).Draw(t, "the right one") > 0
		}
		if strings.HasPrefix(c.op.path, "/api/v1/orders") || strings.HasPrefix(c.op.path, "/api/v1/payments") {
			return rapid.SampledFrom([]string{"tok_visa", "tok_mastercard", "tok_declined", "tok_expired", "tok_pending", "tok_refund_pending"}).Draw(t, "token"), true
		}
	case "payment_type":
		return "card", rapid.IntRange(0, 3).Draw(t, "known type") > 0
	case "url":
		return g.pictures + "/picture.png", true
	case "attribute":
		return "color:black", rapid.Bool().Draw(t, "known attribute")
	}
	if rapid.IntRange(0, 9).Draw(t, "known") == 9 {
		return "", false
	}
	if at.in == "body" && (at.field == "slug" || at.field == "code") {
		return fmt.Sprintf("a%d", rapid.IntRange(1, 1<<40).Draw(t, at.field)), true
	}
	e, ok := g.known.pick(t, name, c.caller())
	if ok {
		c.picked(e, at)
	}
	return asText(e.value), ok
}

func password(t *rapid.T) string {
	length := rapid.SampledFrom([]int{12, 8, 72}).Draw(t, "length")
	text := fmt.Sprintf("q%xZ", rapid.IntRange(1<<28, 1<<40).Draw(t, "password"))
	return (text + strings.Repeat("v7-K", 20))[:length]
}

// gtin draws a number whose check digit is right.
func gtin(t *rapid.T) string {
	length := rapid.SampledFrom([]int{13, 8, 12, 14}).Draw(t, "digits")
	digits := fmt.Sprintf("%0*d", length-1, rapid.IntRange(1, int(math.Pow10(length-1))-1).Draw(t, "gtin"))
	sum := 0
	for i := range digits {
		weight := 1
		if (len(digits)-i)%2 == 1 {
			weight = 3
		}
		sum += int(digits[i]-'0') * weight
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// money draws an amount of the shop's currency, which has two decimals. Prices are greater than discounts.
func money(t *rapid.T, field string) string {
	cents := rapid.SampledFrom([]int{100, 1, 99, 12345, 99999}).Draw(t, field)
	switch field {
	case "price", "max_price":
		cents += 100_000
	case "amount":
		cents = min(cents, 100)
	}
	switch rapid.IntRange(0, 2).Draw(t, "written") {
	case 1:
		return strconv.Itoa(max(1, cents/100))
	case 2:
		return fmt.Sprintf("%d.%d", cents/100, max(1, cents/10%10))
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

func (g *generator) email(t *rapid.T, c *call) string {
	if c.op.id == "forgotPassword" && rapid.Bool().Draw(t, "known account") {
		return g.people.named("customer").email
	}
	local := fmt.Sprintf("%s%x", rapid.SampledFrom([]string{"a", "first.last+tag", "o'neil"}).Draw(t, "local part"), rapid.IntRange(1, 1<<40).Draw(t, "number"))
	return local + "@" + rapid.SampledFrom([]string{"example.com", "a.b-c.co", "xn--bcher-kva.example"}).Draw(t, "domain")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
