package contract_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// meaningful draws a text with a meaning for the shop: a code that exists, a number with the right
// check digit. OpenAPI cannot express such rules; the descriptions of the contract do.
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
		if at.in == "body" && (c.op.method == "POST" || c.op.method == "PUT") &&
			noun(c.op.path, g.known.collections) == "product" {
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
		if strings.HasPrefix(c.op.path, "/api/v1/orders") ||
			strings.HasPrefix(c.op.path, "/api/v1/payments") {
			return rapid.SampledFrom([]string{
					"tok_visa", "tok_mastercard", "tok_declined", "tok_expired", "tok_pending",
					"tok_refund_pending",
				}).
					Draw(t, "token"),
				true
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
	digits := fmt.Sprintf(
		"%0*d", length-1, rapid.IntRange(1, int(math.Pow10(length-1))-1).Draw(t, "gtin"),
	)
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

// money draws an amount of the shop's currency, which has two decimals. Prices are greater than
// discounts.
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
	local := fmt.Sprintf(
		"%s%x", rapid.SampledFrom([]string{"a", "first.last+tag", "o'neil"}).Draw(t, "local part"),
		rapid.IntRange(1, 1<<40).Draw(t, "number"),
	)
	return local + "@" +
		rapid.SampledFrom([]string{"example.com", "a.b-c.co", "xn--bcher-kva.example"}).
			Draw(t, "domain")
}
