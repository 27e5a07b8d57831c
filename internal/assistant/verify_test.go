package assistant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/model"
)

var (
	mug  = model.Source{ID: 1, Name: "Stoneware Mug", Currency: "USD", Price: "14.00", Stock: 96}
	mill = model.Source{
		ID:            2,
		Name:          "Hand Mill",
		Currency:      "USD",
		Price:         "1299.00",
		DiscountPrice: "999.50",
		Saving:        "299.50",
		DiscountPct:   23,
		Stock:         3,
	}
)

// askAssistant, by verify: a sentence that the sources support passes; any other is replaced by
// facts.
func TestVerify(t *testing.T) {
	t.Parallel()
	sources := []model.Source{mug, mill}
	const mugFacts = "Stoneware Mug: 14.00 USD [#1]."
	const millFacts = "Hand Mill: 999.50 USD instead of 1299.00 USD [#2]."
	for _, c := range []struct{ answer, want string }{
		// A sentence that the sources support passes, however it is written.
		{"The Stoneware Mug [#1] is $14.", "The Stoneware Mug [#1] is $14."},
		{
			"The Hand Mill is 999.50 USD, down from $1,299.00 [#2].",
			"The Hand Mill is 999.50 USD, down from $1,299.00 [#2].",
		},
		{
			"You save 299.50 dollars, which is 23% off [#2]. Only 3 left.",
			"You save 299.50 dollars, which is 23% off [#2]. Only 3 left.",
		},
		{"**Hand Mill** [#2]: a `good` one.", "Hand Mill [#2]: a good one."},
		{
			"Both keep coffee warm for 2 hours and hold 330 ml.",
			"Both keep coffee warm for 2 hours and hold 330 ml.",
		},
		{
			"You asked for something under $50: the Stoneware Mug [#1] is 14.00 USD.",
			"You asked for something under $50: the Stoneware Mug [#1] is 14.00 USD.",
		},
		// One that they do not support is replaced by the facts.
		{"The Stoneware Mug is only $9.99 [#1].", mugFacts},
		{"The Stoneware Mug [#1] is 999.50 USD.", mugFacts},
		{"Yes, the Stoneware Mug [#1] is $50.", mugFacts},
		{"The Hand Mill [#2] is 50% off.", millFacts},
		{"There are 200 in stock of the Stoneware Mug [#1].", mugFacts},
		{"Get the Hand Mill [#2] at https://evil.example.com !", millFacts},
		{
			"Mug [#1] costs 14.00 USD. Mill [#2] costs 1.00 USD.",
			"Mug [#1] costs 14.00 USD. " + millFacts,
		},
		// One about a product that does not exist is left out.
		{"Welcome! **Golden Kettle** is great.", "Welcome!"},
		{"Welcome! Try the Golden Kettle [#77] now.", "Welcome!"},
		{
			"- Golden Kettle [#77]: 1.00 USD\n- Stoneware Mug [#1]: 14.00 USD",
			"- Stoneware Mug [#1]: 14.00 USD",
		},
		// If nothing passes, the answer is the facts of all sources.
		{
			"Buy the Golden Kettle [#77].",
			"Here is what we have:\n- " + mugFacts + "\n- " + millFacts,
		},
		{"", "Here is what we have:\n- " + mugFacts + "\n- " + millFacts},
	} {
		got := newVerifier("USD").verify(c.answer, "something under $50?", sources)
		assert.Equal(t, c.want, got, c.answer)
	}
}

// verify: sentences about amounts in yen.
func TestVerifyInOtherCurrencies(t *testing.T) {
	t.Parallel()
	tea := model.Source{ID: 1, Name: "Tea", Currency: "JPY", Price: "1200", Stock: 5}
	v := newVerifier("JPY")
	assert.Equal(t, "Tea [#1] is ¥1,200.", v.verify("Tea [#1] is ¥1,200.", "", []model.Source{tea}))
	assert.Equal(
		t, "Tea: 1200 JPY [#1].", v.verify("Tea [#1] is 120 yen.", "", []model.Source{tea}),
	)
}

// askAssistant, by verify: an amount in any spelling passes only if a source has it.
func TestNoAmountGetsThroughThatNoSourceHas(t *testing.T) {
	t.Parallel()
	v := newVerifier("USD")
	rapid.Check(t, func(r *rapid.T) {
		cents := rapid.Int64Range(1, 10_000_000).Draw(r, "cents")
		amount := v.currency.Format(cents)
		if amount == mug.Price || amount == mill.Price || amount == mill.DiscountPrice ||
			amount == mill.Saving {
			return
		}
		form := rapid.SampledFrom([]string{"$%", "% USD", "USD %", "% dollars", "$ %"}).
			Draw(r, "form")
		said := strings.Replace(form, "%", amount, 1)
		if got := v.verify(
			"It costs "+said+" today.", "", []model.Source{mug, mill},
		); strings.Contains(got, "It costs") {
			r.Fatalf("%s got through: %s", said, got)
		}
	})
}

// sentences: put together they are the text they were split from.
func TestSentencesAreTheWholeText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab1 .?!\n[#é]"))).Draw(r, "text")
		if got := strings.Join(sentences(text), ""); got != text {
			r.Fatalf("%q became %q", text, got)
		}
	})
	assert.Equal(
		t, []string{"It costs 12.50 USD. ", "Buy it! ", "E.g. today."},
		sentences("It costs 12.50 USD. Buy it! E.g. today."),
	)
}
