package question

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func talk(turns ...string) []Turn {
	var out []Turn
	for i, text := range turns {
		role := User
		if i%2 == 1 {
			role = Assistant
		}
		out = append(out, Turn{Role: role, Content: text})
	}
	return out
}

// Standalone: follow-ups with what they leave out.
func TestStandalone(t *testing.T) {
	lamps := talk("desk lamps", "There is the Sol Lamp [#4] and the Luna Lamp [#9].")
	for _, c := range []struct {
		name    string
		history []Turn
		text    string
		want    string
		carried bool
	}{
		{
			"points back", lamps, "do any of those have a discount?",
			"desk lamps. do any of those have a discount?", true,
		},
		{
			"ordinal", lamps, "tell me about the second one",
			"desk lamps. tell me about the second one", true,
		},
		{"cheaper", lamps, "anything cheaper?", "desk lamps. anything cheaper?", true},
		{"only a price", lamps, "under $20?", "desk lamps. under $20?", true},
		{"only a colour", lamps, "what about in blue?", "desk lamps. what about in blue?", true},
		{
			"pronoun after a noun", lamps, "does it come with a bulb?",
			"desk lamps. does it come with a bulb?", true,
		},
		{"new noun", lamps, "what about running shoes?", "what about running shoes?", false},
		{
			"new category after a pronoun", lamps, "forget it, show me headphones",
			"forget it, show me headphones", false,
		},
		{
			"whole shop", lamps, "what affordable products do you have?",
			"what affordable products do you have?", false,
		},
		{"thanks", lamps, "thank you!", "thank you!", false},
		{"no history", nil, "is it waterproof?", "is it waterproof?", false},
		{"nothing but assistant turns", lamps[1:], "is it waterproof?", "is it waterproof?", false},
		{"chain", talk(
			"desk lamps", "…", "anything cheaper?", "…", "thanks", "…",
		), "is the first one in stock?",
			"desk lamps. anything cheaper. is the first one in stock?", true},
		{
			"new price replaces the old", talk("desk lamps under $20", "…"), "and under $50?",
			"desk lamps. and under $50?", true,
		},
		{
			"new order keeps the price", talk("desk lamps under $20", "…"),
			"which one is the cheapest?", "desk lamps under $20. which one is the cheapest?", true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, carried := Standalone(c.history, Parse(c.text, shop, 2), c.text)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.carried, carried)
		})
	}
}

// Standalone: the follow-up's own bounds replace those before.
func TestStandaloneIsParsedAgainWithItsOwnBounds(t *testing.T) {
	history := talk("shoes between $20 and $30", "…")
	text := "and over $50?"
	resolved, _ := Standalone(history, Parse(text, shop, 2), text)
	q := Parse(resolved, shop, 2)
	assert.Equal(t, []int64{4}, q.CategoryIDs)
	assert.Equal(t, int64(5001), *q.MinPriceMinor)
	assert.Nil(t, q.MaxPriceMinor)
}

// Parse: amounts in currencies with none, two or three decimals.
func TestCurrencyDigits(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits int
		want   int64
	}{
		{"up to 1200 yen", 0, 1200},
		{"up to 1,200.50 yen", 0, 1200},
		{"up to 1.250 dinar", 3, 1250},
		{"up to 12.5", 3, 12500},
		{"up to 1.299", 2, 129900},
		{"up to 12.5", 2, 1250},
		{"up to 12.999", 2, 1299900}, {"up to 1.234.567,89", 2, 123456789},
		{"up to 1,234,567", 2, 123456700},
		{"up to 0.99", 2, 99},
		{"up to 1.5k", 0, 1500},
		{"up to 50 cents", 0, 0},
		{"up to 99 cents", 3, 990},
	} {
		q := Parse(c.text, nil, c.digits)
		if assert.NotNil(t, q.MaxPriceMinor, c.text) {
			assert.Equal(t, c.want, *q.MaxPriceMinor, c.text)
		}
	}
}

// CitedIDs: the products that an answer cites.
func TestCitedIDs(t *testing.T) {
	for _, c := range []struct {
		text string
		want []int64
	}{
		{"The Sol [#12] and the Luna [#7], then [#12] again", []int64{12, 7}},
		{"Both [#3, #4] and [#5,#6]", []int64{3, 4, 5, 6}},
		{"[#0] [#-1] [#x] [12] #12 [# 12] [#12 [#13", nil},
		{"[#99999999999999999999999]", nil},
		{"[[#8]]", []int64{8}},
		{"", nil},
	} {
		assert.Equal(t, c.want, CitedIDs(c.text), c.text)
	}
	assert.Len(t, CitedIDs(numbered(200)), maxCitations)
}

func numbered(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(
			"[#" + strings.Repeat("1", i%9+1) + strings.Repeat(
				"2", i/9%9,
			) + strings.Repeat("3", i/81) + "]",
		)
	}
	return out.String()
}

// alphabet mixes what shoppers write with what breaks parsers.
var alphabet = rapid.SampledFrom([]string{
	"under", "between", "and", "$", "€", "20", "1,299.00", "k", "or less", "sale", "not", "one",
	"the", "second", "those", "cheapest", "-", "–", "#", "%", "twenty", "hundred", "a", "Acme",
	"home", "&", "kitchen", "?", ".", ",", "'", "’s", "é", "日本", "\u0301", "\u200b", "\xff",
	"999999999999999999999", " ", "  ", "\n", "to", "from", "it", "like", "for", "<", "=", "cents",
	"..", ",,", "1.", ".5", "[#1]", "number", "st",
})

// Parse: what holds for any text.
func TestParseHoldsForAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(alphabet, rapid.String()), 0, 60).Draw(t, "parts")
		text := strings.Join(parts, rapid.SampledFrom([]string{" ", ""}).Draw(t, "joint"))
		checkParse(t, text, rapid.IntRange(-1, 5).Draw(t, "digits"))
	})
}

func FuzzParse(f *testing.F) {
	f.Add("shoes between $20 and 1,299.00 € on sale, the second one", 2)
	f.Fuzz(func(t *testing.T, text string, digits int) { checkParse(t, text, digits) })
}

func checkParse(t assert.TestingT, text string, digits int) {
	q := Parse(text, shop, digits)
	assert.Equal(t, q, Parse(text, shop, digits), "the same every time")
	assert.True(t, utf8.ValidString(q.Text))
	assert.LessOrEqual(t, len(q.Text), 2*MaxLength)
	for _, bound := range []*int64{q.MinPriceMinor, q.MaxPriceMinor} {
		if bound != nil {
			assert.GreaterOrEqual(t, *bound, int64(0))
		}
	}
	history := talk(text, "[#1]")
	resolved, _ := Standalone(history, q, text)
	assert.LessOrEqual(t, len(resolved), max(len(text), MaxLength+8))
	for _, id := range CitedIDs(text) {
		assert.Positive(t, id)
	}
}

// TestParseIsLinear: a text as long as allowed is quick, whatever it repeats.
func TestParseIsLinear(t *testing.T) {
	for _, unit := range []string{
		"$", "under ", "[#1", "one ", "a hundred ", "home & ", "it ", "20-", "not ", "for the ",
		"& ", "é", "'", "#",
	} {
		text := strings.Repeat(unit, 2*MaxLength/len(unit))
		start := time.Now()
		Parse(text, shop, 2)
		assert.Less(t, time.Since(start), 250*time.Millisecond, unit)
	}
	assert.Equal(t, int64(math.MaxInt64), plus(math.MaxInt64, 1))
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse(
			"do you have any Acme wireless headphones under $50 that are on sale and in stock?",
			shop, 2,
		)
	}
}
