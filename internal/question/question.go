// Package question reads a shopper's question by rules: price bounds, sale, stock, order, brands,
// categories, and what it points back to. The same question always becomes the same SQL conditions,
// whichever model writes the answer, and no text from a model or a source can loosen them.
package question

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLength is the most bytes of a question that are read; the rest is ignored.
const MaxLength = 2000

// Question is a question as the rules understood it.
type Question struct {
	// Text is the original words without those about prices, sale, stock and order: what is left to
	// embed and match.
	Text string

	// Price bounds, both inclusive, in minor units of the store's currency. "Under $20" is at most
	// 19.99, "up to $20" at most 20.00, "around $20" 16 to 24; an amount alone ("for $20") is an
	// upper bound.
	MinPriceMinor, MaxPriceMinor *int64

	// OnSale and InStock are conditions. "Is the kettle on sale?" asks about one product, so it
	// sets Intent and no condition: the answer may be no.
	OnSale, InStock bool

	CategoryIDs, BrandIDs []int64

	// Attributes are the values that the question has with their names, by name: "colour: red", but
	// not "in oak". Nil if there are none.
	Attributes map[string]string

	Order  Order
	Intent Intent

	// YesNo is set if yes or no can be the answer.
	YesNo bool
	// About is set for a question about certain products: "is the kettle …", "does it …", not "are
	// there any …".
	About bool
	// Refers is set if the question points back to the conversation: those, it, one, the second
	// one, cheaper …
	Refers bool
	// Within is set if it points at products named before ("those", "the second one"), so that
	// retrieval is limited to them. Otherwise the shopper wants others like them ("anything
	// cheaper?").
	Within bool
	// Ordinal is 2 for "the second one", -1 for "the last one", 0 for none.
	Ordinal int
	// Topic is set if the question names goods, and not only colours, sizes and recipients.
	Topic bool
	// Generic is set if all words left are shop talk ("what affordable products do you have?"). The
	// question is about the whole shop, and must not be refused for matching nothing.
	Generic bool

	Smalltalk Kind

	nameStems []string // of the dictionary names in the question
	wide      bool     // about the whole shop rather than about the conversation
}

// Order is how the relevant products are sorted.
type Order int

// The orders that a shopper may ask for.
const (
	Relevance Order = iota
	Cheapest
	Dearest
	BiggestDiscount
	Newest
)

// Intent is the kind of answer that the shopper wants.
type Intent int

// The intents.
const (
	List        Intent = iota
	Pick               // the cheapest, dearest or newest one (see Order)
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
	Wordless // see IsWordless; Parse never returns it
)

// Parse reads a question. dict may be nil; currencyDigits is the number of decimals of the store's
// currency. Amounts are in that currency, whatever their sign: there is no exchange.
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

// clip returns at most the first limit bytes of a text, without breaking a rune.
func clip(text string, limit int) string {
	if len(text) > limit {
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = text[:limit]
	}
	return strings.ToValidUTF8(text, " ")
}

// Role is the author of a turn of a conversation.
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
