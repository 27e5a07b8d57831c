package question

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPrices has the rules by which the text of a search limits prices. Amounts are in cents; -1 is
// no limit.
func TestPrices(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		rest     string
		min, max int64
	}{
		// A phrase with no other meaning needs no currency.
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
		// A phrase that is also part of names needs a currency.
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
		"toys for kids under 3":          {"toys for kids under 3", -1, -1},
		"kids under 12":                  {"kids under 12", -1, -1},
		"toys for babies under 2":        {"toys for babies under 2", -1, -1},
		"toys for ages under 12":         {"toys for ages under 12", -1, -1},
		"toys for ages 12 and under":     {"toys for ages 12 and under", -1, -1},
		"shoes for girls aged under 12":  {"shoes for girls aged under 12", -1, -1},
		"toys for kids who are under 3":  {"toys for kids who are under 3", -1, -1},
		"toys for kids up to 12":         {"toys for kids up to 12", -1, -1},
		"toys for kids over 3 under 20":  {"toys for kids over 3", -1, 1999},
		"watch for teens under 16":       {"watch for teens under 16", -1, -1},
		"vitamins for women over 50":     {"vitamins for women over 50", -1, -1},
		"phone for people over 70":       {"phone for people over 70", -1, -1},
		"games for people over 12":       {"games for people over 12", -1, -1},
		"sunscreen spf above 30":         {"sunscreen spf above 30", -1, -1},
		"games for children from 3 to 6": {"games for children from 3 to 6", -1, -1},
		"games for kids between 3 and 6": {"games for kids between 3 and 6", -1, -1},
		"toys for kids under 3 years":    {"toys for kids under 3 years", -1, -1},
		// Money behind people: nothing is made for adults below an age, and no person has such an
		// age.
		"shoes for men under 50":           {"shoes for men", -1, 4999},
		"shoes for women under 40":         {"shoes for women", -1, 3999},
		"for women under 40":               {"for women", -1, 3999},
		"gifts for men under 100":          {"gifts for men", -1, 9999},
		"gift for dad below 30":            {"gift for dad", -1, 2999},
		"shirts for men between 20 and 50": {"shirts for men", 2000, 5000},
		"watches for men over 100":         {"watches for men", 10001, -1},
		"bike for kids under 200":          {"bike for kids", -1, 19999},
		"bike for kids between 15 and 200": {"bike for kids", 1500, 20000},
		"toys for babies under 10":         {"toys for babies", -1, 999},
		"gifts for teens under 10":         {"gifts for teens", -1, 999},
		"gifts for teens under 25":         {"gifts for teens", -1, 2499},
		"toys for kids, under 10":          {"toys for kids", -1, 999},
		"toys for kids under 9.99":         {"toys for kids", -1, 998},
		"toys for kids under $10":          {"toys for kids", -1, 999},
		"toys for kids under 10 dollars":   {"toys for kids", -1, 999},
		"kids toys under 10":               {"kids toys", -1, 999},
		"women's shoes under 40":           {"women's shoes", -1, 3999},
		"shoes that are under 50":          {"shoes", -1, 4999},
		"tent nothing over 50":             {"tent", -1, 5000},
		// A greater amount than any price is a mistake and remains text.
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
	_, found := Prices("toys for kids under 3", 0)
	assert.Nil(t, found.Max, "an age in a currency without decimals")
	_, found = Prices("toys for kids under 3", 3)
	assert.Nil(t, found.Max, "an age in a currency of three decimals")
	_, found = Prices("tent under 5000", 0)
	assert.Equal(t, int64(4999), *found.Max, "a currency without decimals")
}
