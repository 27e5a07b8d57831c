package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/gtin"
	"github.com/shopd/shopd/internal/platform/money"
)

// Limits of what a row holds; the same as those of products that are kept by hand.
const (
	maxFeedID      = 200 // bytes
	maxSKU         = 64
	maxTitle       = 300 // characters
	maxDescription = 20000
	maxName        = 200 // of a brand or a category
	maxDepth       = 10  // categories in a path
	maxValue       = 1000
	maxAttributes  = 100
	maxOptions     = 5
	maxOption      = 100
	maxQuantity    = 100_000_000
	maxImages      = 10
	maxURL         = 2048
)

var skuForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// item is a row that can be read. What the file has no column for is zero, and is not looked at.
type item struct {
	row, line int64
	next      csvfile.Place

	id, sku     string
	gtin        string // 14 digits, or empty
	title       string
	description string
	brand       string
	category    []string
	price       int64
	sale        int64 // -1: none
	available   string
	quantity    int32 // -1: not said
	condition   string
	group       string
	options     map[string]string // nil: not said
	attributes  map[string]string
	removed     []string // attributes whose cell is empty
	images      []string
	active      int32 // 1 yes, -1 no, 0 not said
	featured    int32
}

// fault is what is wrong with a row.
type fault struct {
	row, line int64
	column    string
	message   string
}

// parser reads rows of one file.
type parser struct {
	*layout
	currency    money.Currency
	mediaPrefix string
}

// parse reads a row. It answers all that is wrong with it.
func (p *parser) parse(r csvfile.Record) (*item, []fault) {
	it := &item{row: r.Row, line: r.Line, next: r.Next}
	var faults []fault
	wrong := func(name, format string, args ...any) {
		faults = append(faults, fault{r.Row, r.Line, name, fmt.Sprintf(format, args...)})
	}
	if r.Fault != "" {
		wrong("", "%s", r.Fault)
		return nil, faults
	}
	if len(r.Cells) != len(p.header) && !p.fits(r.Cells) {
		wrong("", "has %d cells, and there are %d columns", len(r.Cells), len(p.header))
		return nil, faults
	}
	c := cells{p, r.Cells, wrong}
	c.names(it)
	c.texts(it)
	c.money(it)
	c.stock(it)
	c.facts(it)
	c.pictures(it)
	if len(faults) > 0 {
		return nil, faults
	}
	return it, nil
}

// fits reports whether a row of another length than the first has nothing but empty cells too many.
func (p *parser) fits(row []string) bool {
	return len(row) > len(p.header) &&
		!slices.ContainsFunc(
			row[len(p.header):], func(cell string) bool { return strings.TrimSpace(cell) != "" },
		)
}

// cells is a row being read.
type cells struct {
	*parser
	row   []string
	wrong func(name, format string, args ...any)
}

// get is a cell without blanks around it, unless those were marked as meant.
func (c cells) get(col column) string {
	if at, there := c.at[col]; there {
		return cellText(c.row[at])
	}
	return ""
}

func (c cells) bad(col column, format string, args ...any) {
	c.wrong(c.nameOf(col), format, args...)
}

// names reads what the row is told by.
func (c cells) names(it *item) {
	it.id, it.sku, it.group = c.get(colID), c.get(colSKU), c.get(colGroup)
	for col, text := range map[column]string{colID: it.id, colGroup: it.group} {
		if len(text) > maxFeedID {
			c.bad(col, "has more than %d bytes", maxFeedID)
		} else if strings.ContainsFunc(text, unicode.IsControl) {
			c.bad(col, "holds control characters")
		}
	}
	if it.sku != "" && (len(it.sku) > maxSKU || !skuForm.MatchString(it.sku)) {
		c.bad(
			colSKU,
			"is not a sku: letters, digits, dots, dashes, slashes and underscores, at most %d",
			maxSKU,
		)
	}
	if text := c.get(colGTIN); text != "" {
		digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text)
		switch {
		case strings.Trim(digits, "0123456789") != "" || len(digits) != 8 && (len(digits) < 12 || len(digits) > 14):
			c.bad(colGTIN, "is not a GTIN of 8, 12, 13 or 14 digits: %q", clip(text))
		case !gtin.IsValid(digits):
			c.bad(colGTIN, "has a wrong check digit: %s", digits)
		default:
			it.gtin = gtin.Pad(digits)
		}
	}
	if it.id == "" && it.sku == "" && it.gtin == "" {
		c.bad(c.keyColumn(), "is empty, and so is all else that could tell the product")
	}
}

// keyColumn is the column rows are told by first.
func (l *layout) keyColumn() column {
	for _, col := range []column{colID, colSKU, colGTIN} {
		if l.has(col) {
			return col
		}
	}
	return colID
}

// key is what a row is told by first, from its cells alone; empty when those are.
func (l *layout) key(row []string) string {
	for _, col := range []column{colID, colSKU, colGTIN} {
		if at, there := l.at[col]; there && at < len(row) {
			if text := cellText(row[at]); text != "" {
				return string(col) + ":" + text
			}
		}
	}
	return ""
}

func (c cells) texts(it *item) {
	it.title, it.brand, it.condition = c.get(colTitle), c.get(
		colBrand,
	), strings.ToLower(c.get(colCondition))
	if at, there := c.at[colDescription]; there {
		it.description = unescapeFormula(c.row[at])
	}
	if c.has(colTitle) && strings.TrimSpace(it.title) == "" {
		c.bad(colTitle, "is empty")
	}
	for _, text := range []struct {
		col   column
		value string
		most  int
	}{{colTitle, it.title, maxTitle}, {colDescription, it.description, maxDescription}, {colBrand, it.brand, maxName}} {
		if n := utf8.RuneCountInString(text.value); n > text.most {
			c.bad(text.col, "has %d characters, and at most %d are kept", n, text.most)
		}
	}
	switch it.condition = strings.TrimPrefix(it.condition, "https://schema.org/"); it.condition {
	case "", "new", "used", "refurbished":
	case "neu", "newcondition":
		it.condition = "new"
	case "gebraucht", "usedcondition", "pre-owned", "preowned":
		it.condition = "used"
	case "refurbishedcondition", "renewed", "reconditioned":
		it.condition = "refurbished"
	default:
		c.bad(colCondition, "is not new, refurbished or used: %q", clip(it.condition))
	}
	for name := range strings.SplitSeq(c.get(colCategory), ">") {
		if name = strings.TrimSpace(name); name != "" {
			it.category = append(it.category, name)
		}
	}
	if normalName(c.nameOf(colCategory)) == "google_product_category" && len(it.category) == 1 &&
		strings.Trim(it.category[0], "0123456789") == "" {
		it.category = nil // a number of Google's taxonomy, which names nothing here
	}
	if len(it.category) > maxDepth {
		c.bad(colCategory, "has more than %d levels", maxDepth)
	} else if slices.ContainsFunc(it.category, func(name string) bool { return utf8.RuneCountInString(name) > maxName }) {
		c.bad(colCategory, "has a name of more than %d characters", maxName)
	}
}

func (c cells) money(it *item) {
	it.sale = -1
	var err error
	if c.has(colPrice) {
		if text := c.get(colPrice); text == "" {
			c.bad(colPrice, "is empty")
		} else if it.price, err = parsePrice(text, c.currency); err != nil {
			c.bad(colPrice, "%v", err)
		}
	}
	if text := c.get(colSalePrice); text != "" {
		var sale int64
		if sale, err = parsePrice(text, c.currency); err != nil {
			c.bad(colSalePrice, "%v", err)
		} else if it.sale = sale; err == nil && c.has(colPrice) && sale > it.price && it.price > 0 {
			c.bad(colSalePrice, "is above the price")
		} else if c.has(colPrice) && sale == it.price {
			it.sale = -1
		}
	}
}

// skuOf is the sku of a new variant: the one it has, or its id if that is one, or one made of it.
func (it *item) skuOf() string {
	name := it.id
	if it.sku != "" {
		return it.sku
	}
	if name == "" {
		return it.gtin
	}
	if len(name) <= maxSKU && skuForm.MatchString(name) {
		return name
	}
	hash := sha256.Sum256([]byte(name))
	made := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && skuForm.MatchString(string(r)) {
			return r
		}
		return '-'
	}, name)
	made = strings.Trim(made[:min(len(made), maxSKU-9)], "-")
	return strings.TrimLeft(made+"-"+hex.EncodeToString(hash[:4]), "-")
}
