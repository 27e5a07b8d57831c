package feeds

import (
	"strings"
	"time"
)

// prices parses the price and the sale price. A sale price of 0 is none, however it is written.
func (c *cells) prices(it *item) {
	it.sale = noSale
	var err error
	if c.has(colPrice) {
		if text := c.get(colPrice); text == "" {
			c.bad(colPrice, "is empty")
		} else if it.price, err = parsePrice(text, c.currency); err != nil {
			c.bad(colPrice, "%v", err)
		}
	}
	text := c.get(colSalePrice)
	if text == "" || isPlaceholder(text) || isZero(text) {
		return
	}
	sale, err := parsePrice(text, c.currency)
	switch {
	case err != nil:
		c.bad(colSalePrice, "%v", err)
		return
	case c.has(colPrice) && sale > it.price && it.price > 0:
		c.bad(colSalePrice, "is above the price")
		return
	case sale == 0 || c.has(colPrice) && sale == it.price:
		return
	}
	it.sale = sale
	c.salePeriod(it)
}

// isZero reports whether a text is an amount of zero: its only digits are zeros.
func isZero(text string) bool {
	digits := strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			r += '0' - '０'
		}
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	return digits != "" && strings.Trim(digits, "0") == ""
}

// salePeriod parses when the sale price holds. A period that cannot be read makes no sale price:
// a discount on the wrong day is worse than none.
func (c *cells) salePeriod(it *item) {
	var err error
	col := colSalePeriod
	if text := c.get(colSalePeriod); text != "" && !isPlaceholder(text) {
		it.saleStarts, it.saleEnds, err = parsePeriod(text, c.zone)
	}
	for _, bound := range []struct {
		col   column
		into  **time.Time
		atEnd bool
	}{{colSaleFrom, &it.saleStarts, false}, {colSaleTo, &it.saleEnds, true}} {
		text := c.get(bound.col)
		if text == "" || isPlaceholder(text) || isZero(text) || err != nil {
			continue
		}
		col = bound.col
		*bound.into, err = parseInstant(text, c.zone, bound.atEnd)
	}
	if err == nil && it.saleStarts != nil && it.saleEnds != nil &&
		!it.saleStarts.Before(*it.saleEnds) {
		err = errPeriod
	}
	if err != nil {
		c.warn(col, "%v, so there is no sale price", err)
		it.sale, it.saleStarts, it.saleEnds = noSale, nil, nil
		return
	}
}
