package feeds

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// availabilities are what they are called, in lower case without blanks, dashes and underscores.
var availabilities = map[string]string{
	"instock": inStock, "available": inStock, "yes": inStock, "true": inStock, "1": inStock,
	"limitedavailability": inStock, "onlineonly": inStock, "lieferbar": inStock,
	"auflager": inStock, "preorder": inStock, "backorder": inStock, "onbackorder": inStock,
	"availableforpreorder": inStock, "availablefororder": inStock, "presale": inStock,
	"instoreonly": inStock, "enstock": inStock, "outofstock": outOfStock, "soldout": outOfStock,
	"unavailable": outOfStock, "discontinued": outOfStock, "no": outOfStock, "false": outOfStock,
	"0": outOfStock, "nichtlieferbar": outOfStock, "ausverkauft": outOfStock,
	"notinstock": outOfStock, "rupturedestock": outOfStock, "agotado": outOfStock,
	"esaurito": outOfStock,
}

const (
	inStock    = "in_stock"
	outOfStock = "out_of_stock"
)

// stock parses how many units there are and whether they are for sale. Units of what is out of
// stock are not for sale: many programs count blocked goods.
func (c *cells) stock(it *item) {
	it.quantity = -1
	if text := c.get(colQuantity); text != "" {
		it.quantity = c.quantity(text)
	}
	if text := c.get(colAvailability); text != "" {
		if it.available = availabilities[plainWord(text)]; it.available == "" {
			c.bad(
				colAvailability, "is not in_stock, out_of_stock, preorder or backorder: %q",
				clip(text),
			)
		}
	}
	if it.available == outOfStock && it.quantity > 0 {
		c.warn(colAvailability, "is out of stock, so none of the %d units is for sale", it.quantity)
		it.quantity = 0
	}
	c.later(it)
	it.active, it.featured = c.yes(colActive), c.yes(colFeatured)
}

// later warns of goods that are sold before they are there, because the catalogue has no date for
// them: they are for sale like all others.
func (c *cells) later(it *item) {
	date := c.get(colAvailableAt)
	at, err := parseInstant(date, c.zone, false)
	if it.available != outOfStock && err == nil && at.After(time.Now()) {
		c.warn(
			colAvailableAt,
			"is not stored, and the goods are sold now: name the column in `attributes` "+
				"to show buyers that they come on %s",
			clip(date),
		)
	}
}

// plainWord returns a value in lower case without blanks, dashes, underscores and schema.org's
// address.
func plainWord(text string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(withoutSchema(text))
}

// Forms of quantities; the group is the whole number, perhaps with separators of thousands.
var (
	quantityForms = []*regexp.Regexp{
		regexp.MustCompile(`^([0-9]+)(?:[.,](?:0|00|0{4,}))?$`),
		regexp.MustCompile(`^(0)[.,]000$`),
		regexp.MustCompile(`^([0-9]{1,3}(?:,[0-9]{3})+)(?:\.0+)?$`),
		regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{3})+),0+$`),
		regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{3}){2,})$`),
		regexp.MustCompile(`^([0-9]{1,3}(?:[ '][0-9]{3})+)(?:[.,]0+)?$`),
	}
	quantityTwoWays = regexp.MustCompile(`^[1-9][0-9]{0,2}\.[0-9]{3}$`)
	quantityMarks   = strings.NewReplacer(",", "", ".", "", " ", "", "'", "")
)

// quantity parses a number of units, or returns -1 for none that is known.
func (c *cells) quantity(text string) int32 {
	if isPlaceholder(text) {
		c.warn(colQuantity, "is no number, and is taken for unknown: %q", clip(text))
		return -1
	}
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'", "−", "-").Replace(text)
	plain = strings.TrimPrefix(plain, "+")
	positive, isNegative := strings.CutPrefix(plain, "-")
	if quantityTwoWays.MatchString(positive) {
		c.bad(colQuantity, "may mean thousands or decimals: %q", clip(text))
		return -1
	}
	whole := ""
	for _, form := range quantityForms {
		if found := form.FindStringSubmatch(positive); found != nil {
			whole = quantityMarks.Replace(found[1])
			break
		}
	}
	number, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil:
		c.bad(colQuantity, "is not a whole number: %q", clip(text))
	case isNegative && number > 0:
		c.warn(colQuantity, "is below zero, and is taken for 0: %q", clip(text))
		return 0
	case number > maxQuantity:
		c.bad(colQuantity, "is more than %d", maxQuantity)
	default:
		return int32(number)
	}
	return -1
}

// number parses a number that a conversion wrote.
func number(text string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return otherwise
}

// Words for yes and no, in lower case: of languages that spreadsheets write TRUE and FALSE in, and
// of the columns of shop programs.
var (
	yesWords = wordSet(`true yes 1 y t on ja wahr vrai oui verdadero si sí vero waar verdadeiro
		sim prawda tak sant sand sann tosi kyllä pravda ano igaz igen doğru evet истина да αληθες
		αληθές ναι adevărat da
		真 是 はい 참 예 enabled active published visible live x`)
	noWords = wordSet(`false no 0 n f off nein falsch faux non falso onwaar nee não nao fałsz nie
		falskt falsk usann epätosi ei nepravda ne hamis nem yanlış hayır ложь нет ψευδες ψευδές όχι
		fals nu 偽 否 いいえ 거짓
		아니요 disabled inactive unpublished hidden draft archived -1`)
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// yes parses a cell of yes or no: 1, -1, or 0 when it is neither.
func (c *cells) yes(col column) int32 {
	text := strings.ToLower(c.get(col))
	switch {
	case text == "":
		return 0
	case yesWords[text]:
		return 1
	case noWords[text]:
		return -1
	}
	c.warn(col, "is neither true nor false, and is left out: %q", clip(text))
	return 0
}
