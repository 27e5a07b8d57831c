// Package dialect reads the exports of other shop programs: it recognises each by its columns, and
// turns its rows into rows of the columns that an import knows, one for each variant with all that
// its product says. docs/migrating.md has a table of what becomes of each column.
package dialect

import (
	"math/big"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/shopd/shopd/internal/platform/gtin"
)

// Dialect is the export of a program.
type Dialect struct {
	Name    string   // as an import's format says it
	columns []string // that only its exports have together, in lower case
	known   []string // columns that are read or left out on purpose; others are passed on
	open    func(*table, func(attribute string) bool) Converter
}

// Converter turns the rows of one file. The file is read twice: Index is called for each row, then
// Convert. Both remember no more than what later rows of the same product need.
type Converter interface {
	Index(cells []string)
	Convert(row, line int64, cells []string) []Row
	// Flush returns the rows that are left at the end of the file.
	Flush() []Row
	// Close deletes what is stored outside of memory. Its error is ErrNoSpace if rows were lost.
	Close() error
}

// Row is a variant.
type Row struct {
	Row, Line  int64             // of the file, for messages
	Cells      map[string]string // by the columns of an import
	Options    map[string]string
	Attributes map[string]string
	Notes      []Note
	Original   []string // the cells of the file
}

// Note is something odd about a row.
type Note struct {
	Column  string `json:"column"`
	Message string `json:"message"`
	IsError bool   `json:"error,omitempty"`
}

// Columns are those that a converted file has.
var Columns = []string{
	"id", "sku", "gtin", "title", "description", "brand", "product_type", "price", "sale_price",
	"sale_price_from", "sale_price_to", "availability", "quantity", "condition", "item_group_id",
	"image_link", "additional_image_link", "is_active", "is_featured",
}

var dialects = []Dialect{shopify, wooCommerce, magento}

// Recognise returns the dialect of a file with these columns; false for a file of no known program.
func Recognise(header []string) (Dialect, bool) {
	t := newTable(header)
	for _, d := range dialects {
		if !slices.ContainsFunc(d.columns, func(name string) bool { return !t.has(name) }) {
			return d, true
		}
	}
	return Dialect{}, false
}

// Open returns a converter of a file of the dialect. isPublic reports whether an attribute may be
// published.
func (d Dialect) Open(header []string, isPublic func(attribute string) bool) Converter {
	return d.open(newTable(header), isPublic)
}

// PassedOn returns the positions of columns that the dialect does not know: the import decides.
func (d Dialect) PassedOn(header []string) (at []int) {
	for i, name := range header {
		name = columnName(name)
		if !slices.ContainsFunc(d.known, func(known string) bool {
			prefix, isPrefix := strings.CutSuffix(known, "*")
			return name == known || isPrefix && strings.HasPrefix(name, prefix)
		}) {
			at = append(at, i)
		}
	}
	return at
}

// table finds cells by the names of their columns.
type table struct{ at map[string]int }

func newTable(header []string) *table {
	t := &table{map[string]int{}}
	for i, name := range header {
		if name = columnName(name); name != "" {
			if _, twice := t.at[name]; !twice {
				t.at[name] = i
			}
		}
	}
	return t
}

func columnName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func (t *table) has(name string) bool { _, there := t.at[name]; return there }

// get returns the first cell of some columns that is not empty.
func (t *table) get(cells []string, names ...string) string {
	for _, name := range names {
		if at, there := t.at[name]; there && at < len(cells) {
			if text := strings.TrimSpace(cells[at]); text != "" {
				return text
			}
		}
	}
	return ""
}

// text returns HTML as plain text: a line for each block, a dash before items of lists.
func text(markup string) string {
	if !strings.ContainsAny(markup, "<&") {
		return strings.TrimSpace(markup)
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	hidden := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if hidden == 0 {
				b.WriteString(breaks.Replace(token.Data))
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			switch token.Data {
			case "script", "style", "template":
				if kind == html.StartTagToken {
					hidden++
				} else if kind == html.EndTagToken && hidden > 0 {
					hidden--
				}
			case "li":
				if kind == html.StartTagToken {
					b.WriteString("\n- ")
				}
			case "td", "th":
				b.WriteString(" ")
			case "p", "div", "br", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6",
				"section", "blockquote", "pre", "hr":
				b.WriteString("\n")
			}
		}
	}
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != "-" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// breaks are line breaks of markup, which mean a blank.
var breaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// isLess reports whether one amount is below another; both are plain decimal numbers.
func isLess(one, other string) bool {
	a, okA := new(big.Rat).SetString(one)
	b, okB := new(big.Rat).SetString(other)
	return okA && okB && a.Cmp(b) < 0
}

// validGTIN returns a code if it is a GTIN; programs have other bar codes in the same place.
func validGTIN(r *Row, column, code string) string {
	digits := strings.NewReplacer("'", "", " ", "", "-", "").Replace(code)
	switch {
	case code == "" || gtin.IsValid(digits):
		return digits
	case len(digits) == 11 && gtin.IsValid("0"+digits):
		return "0" + digits
	}
	r.Notes = append(r.Notes, Note{Column: column, Message: "is no GTIN, and is left out: " + code})
	return ""
}

// keep adds an attribute if it has a value and may be published.
func keep(r *Row, name, value string, isPublic func(string) bool) {
	if value != "" && isPublic(name) {
		r.Attributes[name] = value
	}
}

func newRow(row, line int64, cells []string) Row {
	return Row{
		Row:        row,
		Line:       line,
		Cells:      map[string]string{},
		Options:    map[string]string{},
		Attributes: map[string]string{},
		Original:   cells,
	}
}

// optionName returns the name of an option as imports have it.
func optionName(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(name, "_", " "))), "_")
}
