package question

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPrices holds the rules by which a search's text limits prices. Amounts are in cents; -1 is no
// limit.
func TestPrices(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		rest     string
		min, max int64
	}{
		// A bound that can mean nothing else needs no currency.
		"tent under 50":                {"tent", -1, 4999},
		"tent below $50":               {"tent", -1, 4999},
		"tent less than 49.90":         {"tent", -1, 4989},
		"tent up to 50":                {"tent", -1, 5000},
		"tent no more than $50":        {"tent", -1, 5000},
		"tent over 50":                 {"tent", 5001, -1},
		"tent at least $50":            {"tent", 5000, -1},
		"tent between 20 and 50":       {"tent", 2000, 5000},
		"tent between 50 and 20":       {"tent", 2000, 5000},
		"tent under 50 dollars":        {"tent", -1, 4999},
		"under $1,000 tent":            {"tent", -1, 99999},
		"tent under about $20":         {"tent", -1, 1999},
		"tent $50 or less":             {"tent", -1, 5000},
		"tent $20 - $50":               {"tent", 2000, 5000},
		"tent from $20 to $50":         {"tent", 2000, 5000},
		"tent under $50 with two pegs": {"tent with two pegs", -1, 4999},
		"tent under 50, no, under 30":  {"tent no", -1, 2999},
		"TENT UNDER $50":               {"TENT", -1, 4999},
		// Bounds that are also words of names want a currency.
		"iphone max 64":  {"iphone max 64", -1, -1},
		"from 20 to 50":  {"from 20 to 50", -1, -1},
		"around 5":       {"around 5", -1, -1},
		"like 20":        {"like 20", -1, -1},
		"max $64 iphone": {"iphone", -1, 6400},
		// An amount alone is what a product is worth, a number with a unit how large it is.
		"$25 gift card":             {"$25 gift card", -1, -1},
		"tent for $50":              {"tent for $50", -1, -1},
		"case for iphone 7":         {"case for iphone 7", -1, -1},
		"bottle under 500 ml":       {"bottle under 500 ml", -1, -1},
		"tent under 2 kg":           {"tent under 2 kg", -1, -1},
		"power bank over 10000 mah": {"power bank over 10000 mah", -1, -1},
		"under armour":              {"under armour", -1, -1},
		"tent":                      {"tent", -1, -1},
		"":                          {"", -1, -1},
		// Ages and measures.
		"toys for kids under 3":   {"toys for kids under 3", -1, -1},
		"sunscreen spf above 30":  {"sunscreen spf above 30", -1, -1},
		"tent nothing over 50":    {"tent", -1, 5000},
		"bike for kids under 200": {"bike for kids", -1, 19999},
		// More than anything costs is a mistake and stays text.
		"tent under 99999999999999999": {"tent under 99999999999999999", -1, -1},
	} {
		rest, found := Prices(text, 2)
		at := func(minor *int64) int64 {
			if minor == nil {
				return -1
			}
			return *minor
		}
		assert.Equal(t, want.rest, rest, text)
		assert.Equal(t, [2]int64{want.min, want.max}, [2]int64{at(found.Min), at(found.Max)}, text)
	}
	_, found := Prices("tent under 5000", 0)
	assert.Equal(t, int64(4999), *found.Max, "a currency without decimals")
}
