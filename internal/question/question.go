// Package question understands a shopper's question by rules: price bounds, sale, stock, order,
// brands, categories, what it points back to. It is pure, so the same question always becomes the
// same SQL conditions, whichever model provider writes the answer; no text from a model or a source
// can loosen them.
package question

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLength is the most bytes of a question that are read; the rest is ignored.
const MaxLength = 2000

// Question is what the rules made of a shopper's words.
type Question struct {
	// Text is what is left to embed and match: the original words without prices, sale, stock and
	// order words.
	Text string

	// Effective price bounds, both inclusive, in minor units of the store's currency. "Under $20"
	// is at most 19.99, "up to $20" at most 20.00, "around $20" 16 to 24; an amount alone ("for
	// $20") is a most.
	MinPriceMinor, MaxPriceMinor *int64

	// OnSale and InStock ask for a filter. "Is the kettle on sale?" asks about one product, so it
	// sets Intent, not the filter: the honest answer may be no.
	OnSale, InStock bool

	CategoryIDs, BrandIDs []int64

	// Attributes by name that are asked for with their name: "colour: red", "in oak" is none. Null
	// without any.
	Attributes map[string]string

	Order  Order
	Intent Intent

	// YesNo: the question can be answered by yes or no.
	YesNo bool
	// About: asks something of certain products: "is the kettle …", "does it …", not "are there any
	// …".
	About bool
	// Refers: points back to what was said: those, it, one, the second one, cheaper …
	Refers bool
	// Within: … and at the very products named before ("those", "the second one"), so retrieval
	// stays among them; without it the shopper wants others like them ("anything cheaper?").
	Within bool
	// Ordinal is 2 for "the second one", -1 for "the last one", 0 for none.
	Ordinal int
	// Topic: names goods of its own, beyond colours, sizes and recipients.
	Topic bool
	// Generic: nothing but shop talk is left ("what affordable products do you have?"), so the
	// question is about the whole shop and must not be refused for matching nothing.
	Generic bool

	Smalltalk Kind

	nameStems []string // of the dictionary names in the question
	wide      bool     // about the whole shop rather than about what was talked of before
}

// Order is how the relevant products are sorted.
type Order int

// The orders a shopper asks for.
const (
	Relevance Order = iota
	Cheapest
	Dearest
	BiggestDiscount
	Newest
)

// Intent is the kind of answer wanted.
type Intent int

// The intents, the plain list first.
const (
	List        Intent = iota
	Pick               // the cheapest, dearest or newest one: see Order
	Compare            // A or B
	AskDiscount        // is it, are any of them, on sale
	AskStock           // is it in stock
	AskPrice           // how much is it
	Details            // what is it, what does it have
)

// Kind is smalltalk that needs no retrieval.
type Kind int

// The kinds of smalltalk.
const (
	None Kind = iota
	Greeting
	Thanks
	Goodbye
	Wordless // as IsWordless reports; Parse never says so
)

// Parse reads a question. dict may be nil; currencyDigits is the number of decimals of the store's
// currency. Amounts are read as numbers of that currency, whatever sign they carry: there is no
// exchange.
func Parse(text string, dict *Dictionary, currencyDigits int) Question {
	p := newParser(text, currencyDigits)
	var q Question
	p.names(dict, &q)
	p.attributes(dict, &q)
	p.prices(&q)
	p.phrases(&q)
	if q.About { // "is its colour black?" may be answered no
		q.Attributes = nil
	}
	p.references(&q)
	q.Text = p.rest()
	p.judge(&q)
	return q
}

// tag is an HTML tag.
var tag = regexp.MustCompile(`<[/!a-zA-Z][^<>]*>`)

// IsWordless reports whether a text has no letter and no digit, HTML tags aside.
func IsWordless(text string) bool {
	text = tag.ReplaceAllString(clip(text, MaxLength), " ")
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	})
}

// clip cuts a text to limit bytes without breaking a rune.
func clip(text string, limit int) string {
	if len(text) > limit {
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = text[:limit]
	}
	return strings.ToValidUTF8(text, " ")
}

// Role tells who said a turn of a conversation.
type Role string

// The roles a client may send.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Turn is a message of a conversation, as the client sent it: untrusted.
type Turn struct {
	Role    Role
	Content string
}
