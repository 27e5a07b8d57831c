package question

// Bounds are the price limits of a text, both inclusive, in minor units; nil is none.
type Bounds struct{ Min, Max *int64 }

// searchBounds are the first words of phrases that make a bare number a price even in a search,
// where it may be a model: "under 50" is a price, "max 90", "plus 10" and "around 5" are not.
var searchBounds = wordSet(
	"under below less lower cheaper over above more higher between no not up at beneath " +
		"exceeding pricier dearer nothing none never",
)

// most is the greatest limit that is read, in minor units: more than any price.
const most = 1e14

// Prices returns the price limits of a search, and the rest of its text. The words of a search are
// names and models rather than sentences. An amount alone is no limit: it may be what the product
// is worth ("$25 gift card").
func Prices(text string, currencyDigits int) (rest string, found Bounds) {
	p := newParser(text, currencyDigits)
	p.isSearch = true
	var q Question
	p.prices(&q)
	found = Bounds{q.MinPriceMinor, q.MaxPriceMinor}
	if found.Min == nil && found.Max == nil || tooMuch(found.Min) || tooMuch(found.Max) {
		return text, Bounds{}
	}
	return p.rest(), found
}

func tooMuch(minor *int64) bool { return minor != nil && *minor > most }
