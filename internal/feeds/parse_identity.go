package feeds

import (
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/gtin"
)

// identity parses what identifies the row's variant and its group.
func (c *cells) identity(it *item) {
	it.id, it.sku, it.group = c.get(colID), c.get(colSKU), c.get(colGroup)
	if it.sku != "" && (len(it.sku) > maxSKU || !skuForm.MatchString(it.sku)) {
		if it.id == "" {
			it.id, it.sku = it.sku, "" // it stays what identifies the row; the sku is made of it
		} else {
			it.sku = asSKU(it.sku)
		}
	}
	for _, name := range []struct {
		col  column
		text string
	}{{colID, it.id}, {colGroup, it.group}} {
		if len(name.text) > maxFeedID {
			c.bad(name.col, "has more than %d bytes", maxFeedID)
		} else if strings.ContainsFunc(name.text, unicode.IsControl) {
			c.bad(name.col, "holds control characters")
		}
	}
	if text := c.get(colGTIN); text != "" {
		it.gtin = c.gtin(text)
	}
	if it.id == "" && it.sku == "" && it.gtin == "" && !c.refused {
		c.bad(c.keyColumn(), "is empty, and so is all else that could tell the product")
	}
}

// gtin parses a GTIN: 14 digits, or empty for none.
func (c *cells) gtin(text string) string {
	digits := strings.TrimPrefix(text, "'")
	// a formula that preserves leading zeros
	if strings.HasPrefix(digits, `="`) && strings.HasSuffix(digits, `"`) {
		digits = digits[2 : len(digits)-1]
	}
	digits = strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u2011", "").Replace(digits)
	if whole, ok := strings.CutSuffix(digits, ".0"); ok {
		digits = whole // a spreadsheet took it for a number
	}
	switch {
	case isPlaceholder(text) || strings.Trim(digits, "0") == "":
		c.warn(colGTIN, "is no GTIN, and is taken for none: %q", clip(text))
		return ""
	case len(digits) == 11 && gtin.IsValid("0"+digits):
		digits = "0" + digits // a UPC whose first zero got lost
	case len(digits) == 10 && isbn13(digits) != "":
		digits = isbn13(digits)
	}
	switch {
	case strings.Trim(digits, "0123456789") != "" ||
		len(digits) != 8 && (len(digits) < 12 || len(digits) > 14):
		c.bad(colGTIN, "is not a GTIN of 8, 12, 13 or 14 digits: %q", clip(text))
	case !gtin.IsValid(digits):
		c.bad(colGTIN, "has a wrong check digit: %s", digits)
	default:
		return gtin.Pad(digits)
	}
	return ""
}

// isbn13 returns an ISBN of 10 characters as GTIN-13, or nothing if its check digit is wrong.
func isbn13(isbn string) string {
	sum := 0
	for i := range 10 {
		digit := int(isbn[i] - '0')
		if i == 9 && (isbn[i] == 'X' || isbn[i] == 'x') {
			digit = 10
		} else if isbn[i] < '0' || isbn[i] > '9' {
			return ""
		}
		sum += (10 - i) * digit
	}
	if sum%11 != 0 {
		return ""
	}
	for check := '0'; check <= '9'; check++ {
		if full := "978" + isbn[:9] + string(check); gtin.IsValid(full) {
			return full
		}
	}
	return ""
}

// keyColumn returns the column that identifies rows first.
func (l *layout) keyColumn() column {
	for _, col := range []column{colID, colSKU, colGTIN} {
		if l.has(col) {
			return col
		}
	}
	return colID
}

// key returns what identifies a row first, from its cells alone; empty when those are.
func (l *layout) key(row []string) string {
	for _, col := range []column{colID, colSKU, colGTIN} {
		if at, there := l.at[col]; there && at < len(row) {
			text := cellText(row[at])
			if col == colGTIN && (isPlaceholder(text) || strings.Trim(text, "0") == "") {
				continue
			}
			if text != "" {
				return string(col) + ":" + text
			}
		}
	}
	return ""
}

// place returns the row and the line of a record in the file that people know. A converted file
// says them in columns of their own.
func (l *layout) place(r csvfile.Record) (row, line int64) {
	row, line = r.Row, r.Line
	if at, there := l.at[colRow]; there && at < len(r.Cells) {
		row = number(r.Cells[at], row)
	}
	if at, there := l.at[colLine]; there && at < len(r.Cells) {
		line = number(r.Cells[at], line)
	}
	return row, line
}
