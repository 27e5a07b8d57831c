package csvfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// quotes says how quotes in a record are read. The zero value is RFC 4180, and takes blanks before
// and after a quoted cell as padding.
type quotes struct {
	letters   bool // a quote is a letter like any other
	tight     bool // only a quote directly at the start of a cell opens it
	backslash bool // \" within a quoted cell is a quote, as MySQL writes it
}

// Why a row has no end.
const (
	faultQuote  = "opens a quote that is never closed"
	faultInside = "has a quote in the middle of a quoted cell: write it twice"
)

var faultLong = fmt.Sprintf("is longer than %d bytes", MaxRecord)

const warnSwallowed = "has a cell that reads like several rows: is a quote missing, or one too " +
	"many?"

// found is a record in the buffer.
type found struct {
	length  int // with its line break
	quotes  quotes
	fault   string
	warning string
}

// find returns the next record and the way its quotes are read. Programs disagree about quotes, so
// a record that cannot be read by RFC 4180, or has a wrong number of cells, is tried in other ways.
func (r *Reader) find() (found, error) {
	first, err := r.try(quotes{})
	if err != nil || first.length == 0 && first.fault == "" {
		return first, err
	}
	if first.fault == "" && (r.Columns == 0 || r.count(first) == r.Columns) &&
		!r.swallows(first) {
		return first, nil
	}
	others := []quotes{{tight: true}, {backslash: true}, {backslash: true, tight: true}}
	if r.delimiter == '\t' { // inch marks: tab files rarely quote at all
		others = append([]quotes{{letters: true}}, others...)
	}
	swallows := first.fault == "" && r.swallows(first)
	if swallows && r.delimiter != '\t' {
		first.warning = warnSwallowed
		return first, nil
	}
	for _, way := range others {
		if way.backslash && !r.has(first, `\"`) || way.tight && !r.has(first, ` "`) {
			continue
		}
		other, err := r.try(way)
		if err != nil {
			return other, err
		}
		fits := r.Columns > 0 && other.fault == "" && r.count(other) == r.Columns
		if fits || first.fault != "" && other.fault == "" && !way.backslash {
			return other, nil
		}
	}
	return first, nil
}

// has reports whether a record holds a text; one with a fault may end anywhere in the buffer.
func (r *Reader) has(f found, text string) bool {
	end := r.start + f.length
	if f.fault != "" {
		end = r.end
	}
	return bytes.Contains(r.buf[r.start:end], []byte(text))
}

// count returns how many cells a record has.
func (r *Reader) count(f found) int {
	text := r.buf[r.start : r.start+f.length]
	if bytes.IndexByte(text, '"') < 0 {
		return bytes.Count(text, []byte{r.delimiter}) + 1
	}
	cells, _ := r.cells(trimBreak(text), f.quotes)
	return len(cells)
}

// swallows reports whether a record of several lines may be several rows that a missing quote
// joined: its first and last line have as many cells as a row if quotes are letters.
func (r *Reader) swallows(f found) bool {
	if r.Columns < 2 || f.quotes.letters {
		return false
	}
	text := trimBreak(r.buf[r.start : r.start+f.length])
	first := bytes.IndexAny(text, "\r\n")
	if first < 0 {
		return false
	}
	last := bytes.LastIndexAny(text, "\r\n")
	wanted := r.Columns - 1
	return bytes.Count(text[:first], []byte{r.delimiter}) == wanted &&
		bytes.Count(text[last+1:], []byte{r.delimiter}) == wanted
}

// try measures the next record, its quotes read in one way.
func (r *Reader) try(way quotes) (f found, err error) {
	i := 0 // from r.start
	// has makes sure that byte i is in the buffer.
	has := func() bool {
		for r.start+i >= r.end {
			var more bool
			if more, err = r.fill(); !more {
				return false
			}
		}
		return true
	}
	const (
		cellStart = iota
		plain
		quoted
		closed
	)
	state := cellStart
	for has() {
		c := r.buf[r.start+i]
		if state == quoted {
			at := bytes.IndexByte(r.buf[r.start+i:r.end], '"')
			if at < 0 {
				i = r.end - r.start
				continue
			}
			i += at + 1
			if !way.backslash || !escaped(r.buf[r.start:r.start+i-1]) {
				state = closed
			}
			continue
		}
		switch {
		case c == '"' && state == cellStart && !way.letters,
			c == '"' && state == closed && r.buf[r.start+i-1] == '"':
			state = quoted
		case c == r.delimiter:
			state = cellStart
		case c == '\n':
			return found{length: i + 1, quotes: way}, nil
		case c == '\r':
			i++
			if has() && r.buf[r.start+i] == '\n' {
				i++
			}
			return found{length: i, quotes: way}, err
		case c == ' ' && (state == closed || state == cellStart && !way.tight):
		case state == closed:
			return found{fault: faultInside}, nil
		default:
			state = plain
		}
		i++
	}
	switch {
	case err != nil:
		return found{}, err
	case state == quoted:
		return found{fault: faultQuote}, nil
	case !r.ended:
		return found{fault: faultLong}, nil
	}
	return found{length: i, quotes: way}, nil
}

// escaped reports whether what follows a text is escaped: an odd number of backslashes ends it.
func escaped(text []byte) bool {
	n := len(text) - len(bytes.TrimRight(text, `\`))
	return n%2 == 1
}

func trimBreak(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\r'})
}

// split cuts a record into its cells.
func (r *Reader) split(text []byte, way quotes) (cells []string, fault string) {
	text = trimBreak(text)
	switch {
	case len(text) == 0:
		return nil, ""
	case bytes.IndexByte(text, 0) >= 0:
		return nil, "holds the character U+0000"
	case !utf8.Valid(text):
		return nil, "holds bytes that are no text in the file's encoding"
	}
	return r.cells(text, way)
}

func (r *Reader) cells(text []byte, way quotes) (cells []string, fault string) {
	for {
		if len(cells) == MaxColumns {
			return nil, fmt.Sprintf("has more than %d cells", MaxColumns)
		}
		begin := text
		if !way.tight {
			begin = bytes.TrimLeft(text, " ")
		}
		if len(begin) > 0 && begin[0] == '"' && !way.letters {
			cell, rest := unquote(begin[1:], way)
			cells = append(cells, cell)
			if rest = bytes.TrimLeft(rest, " "); len(rest) == 0 {
				return cells, ""
			}
			text = rest[1:] // the delimiter
			continue
		}
		at := bytes.IndexByte(text, r.delimiter)
		if at < 0 {
			return append(cells, string(text)), ""
		}
		cells = append(cells, string(text[:at]))
		text = text[at+1:]
	}
}

// unquote reads to the quote that closes a cell.
func unquote(text []byte, way quotes) (cell string, rest []byte) {
	at := bytes.IndexByte(text, '"')
	if !way.backslash && (at+1 == len(text) || text[at+1] != '"') {
		return string(text[:at]), text[at+1:]
	}
	var b []byte
	for {
		at := bytes.IndexByte(text, '"')
		if at < 0 { // only in a record that try has refused
			return string(append(b, text...)), nil
		}
		before := text[:at]
		b, text = append(b, before...), text[at+1:]
		switch {
		case way.backslash && escaped(before):
			b[len(b)-1] = '"' // in place of the backslash
		case len(text) == 0 || text[0] != '"':
			if way.backslash {
				b = bytes.ReplaceAll(b, []byte(`\\`), []byte(`\`))
			}
			return string(b), text
		default:
			b, text = append(b, '"'), text[1:]
		}
	}
}
