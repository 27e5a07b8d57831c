package feeds

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/money"
)

// fault is something that is wrong with a row.
type fault struct {
	row, line int64
	column    string
	message   string
	isWarning bool // the row is imported nevertheless
}

// parser parses the rows of one file.
type parser struct {
	*layout
	currency    money.Currency
	zone        *time.Location // of dates without one
	mediaPrefix string
	imageBase   string // before image paths without a server; empty: none
	allowFree   bool   // prices may be 0
}

// cells is a row that is being parsed.
type cells struct {
	*parser
	row       []string
	rowNumber int64
	line      int64
	faults    []fault
	refused   bool
}

// parse parses a row. It returns all that is wrong with it, and no item if the row is refused.
func (p *parser) parse(r csvfile.Record) (*item, []fault) {
	c := &cells{parser: p, row: r.Cells}
	c.rowNumber, c.line = p.place(r)
	it := &item{row: c.rowNumber, line: c.line, next: r.Next}
	if r.Fault != "" {
		c.bad("", "%s", r.Fault)
		return nil, c.faults
	}
	if r.Warning != "" {
		c.warn("", "%s", r.Warning)
	}
	if !c.fit(r.Cut) {
		c.bad("", "has %d cells, and there are %d columns", len(r.Cells), len(p.header))
		return nil, c.faults
	}
	c.notes()
	c.identity(it)
	c.texts(it)
	c.prices(it)
	c.stock(it)
	c.facts(it)
	c.pictures(it)
	if c.refused {
		return nil, c.faults
	}
	return it, c.faults
}

// fit makes a row as long as the header. Cells missing at the end are empty, because spreadsheets
// drop trailing separators, unless the file breaks off within the row. Cells too many must be
// empty.
func (c *cells) fit(cut bool) bool {
	missing := len(c.header) - len(c.row)
	switch {
	case missing > 0 && (cut || len(c.row) == 1 && strings.TrimSpace(c.row[0]) == ""):
		return false
	case missing > 0:
		c.row = append(c.row, make([]string, missing)...)
	case missing < 0:
		for _, cell := range c.row[len(c.header):] {
			if strings.TrimSpace(cell) != "" {
				return false
			}
		}
	}
	return true
}

// get returns a cell without blanks around it, except those an export has escaped.
func (c *cells) get(col column) string {
	if at, there := c.at[col]; there {
		return cellText(c.row[at])
	}
	return ""
}

// bad records an error, for which the row is refused.
func (c *cells) bad(col column, format string, args ...any) {
	c.refused = true
	c.add(c.nameOf(col), false, format, args...)
}

// warn records a warning, which costs a cell and not the row.
func (c *cells) warn(col column, format string, args ...any) {
	c.add(c.nameOf(col), true, format, args...)
}

func (c *cells) add(name string, isWarning bool, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	c.faults = append(c.faults, fault{c.rowNumber, c.line, name, message, isWarning})
}

// placeholders are what programs and people write into cells that have no value, in lower case.
var placeholders = map[string]bool{
	"-": true, "--": true, "–": true, "—": true, ".": true, "/": true, "n/a": true, "n.a.": true,
	"na": true, "none": true, "null": true, "nil": true, "undefined": true, "unknown": true,
	"not available": true, "not applicable": true, "does not apply": true, "keine": true,
	"#n/a": true, "#nv": true, "#ref!": true, "#value!": true, "nan": true, "<null>": true,
	"not set": true, "empty": true, `\n`: true, "tbd": true, "?": true,
}

// isPlaceholder reports whether a cell stands for no value.
func isPlaceholder(text string) bool { return placeholders[strings.ToLower(text)] }

// entity is a character reference of HTML. One without a semicolon is text, such as &copy=1 in an
// address.
var entity = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)

// decodeEntities decodes the character references of HTML in a text, once.
func decodeEntities(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return entity.ReplaceAllStringFunc(text, html.UnescapeString)
}

// encodeEntities makes an import decode a text to what it is.
func encodeEntities(text string) string {
	return entity.ReplaceAllStringFunc(text, func(found string) string {
		if html.UnescapeString(found) == found {
			return found
		}
		return "&amp;" + found[1:]
	})
}
