// Package csvfile reads CSV files as spreadsheets and shops write them, in constant memory and from
// any row on. A row that cannot be read is returned with its fault, and the next one is read.
package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits of a row.
const (
	MaxRecord  = 1 << 20 // bytes
	MaxColumns = 500
	firstRead  = 64 << 10
)

// Place is the position of a row in a file.
type Place struct {
	Offset int64 // bytes from the beginning of the file
	Line   int64 // from 1
	Row    int64 // rows before it
}

// Start is the place of the first row.
var Start = Place{Line: 1}

// Record is a row.
type Record struct {
	Cells []string
	Line  int64  // the line it begins in, from 1
	Row   int64  // from 1, empty ones included
	Fault string // why it cannot be read; empty if it can
	Next  Place  // of the row behind it
}

// Reader reads records of UTF-8 text.
type Reader struct {
	src        io.Reader
	delimiter  byte
	buf        []byte
	start, end int // of the bytes in buf that were not consumed
	ended      bool
	at         Place
	failed     error
}

// NewReader reads from src, whose first byte is that of a row at a place.
func NewReader(src io.Reader, delimiter byte, at Place) *Reader {
	return &Reader{src: src, delimiter: delimiter, buf: make([]byte, firstRead), at: at}
}

// Next returns the next record that is not an empty line, io.EOF behind the last one, or the error of
// the source.
func (r *Reader) Next() (Record, error) {
	for {
		record, err := r.next()
		if err != nil || record.Fault != "" || len(record.Cells) > 0 {
			return record, err
		}
	}
}

func (r *Reader) next() (Record, error) {
	length, fault, err := r.measure()
	if err != nil {
		return Record{}, err
	}
	if length == 0 && fault == "" {
		return Record{}, io.EOF
	}
	record := Record{Line: r.at.Line, Row: r.at.Row + 1, Fault: fault}
	if fault != "" {
		if err := r.skipLine(); err != nil {
			return Record{}, err
		}
	} else {
		text := r.buf[r.start : r.start+length]
		record.Cells, record.Fault = r.split(text)
		r.consume(length)
	}
	r.at.Row++
	record.Next = r.at
	return record, nil
}

// consume moves the place behind n bytes.
func (r *Reader) consume(n int) {
	r.at.Line += int64(bytes.Count(r.buf[r.start:r.start+n], []byte{'\n'}))
	r.at.Offset += int64(n)
	r.start += n
}

// fill reads more bytes. It returns false at the end of the source, or if a row is too long.
func (r *Reader) fill() (bool, error) {
	if r.failed != nil {
		return false, r.failed
	}
	if r.ended {
		return false, nil
	}
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	if r.end == len(r.buf) {
		if len(r.buf) >= MaxRecord {
			return false, nil
		}
		r.buf = append(r.buf, make([]byte, min(len(r.buf), MaxRecord-len(r.buf)))...)
	}
	n, err := io.ReadAtLeast(r.src, r.buf[r.end:], 1)
	r.end += n
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.ended = true
		return false, nil
	case err != nil:
		r.failed = err
		return false, err
	}
	return true, nil
}

// Why a row has no end.
const (
	faultQuote  = "opens a quote that is never closed"
	faultInside = "has a quote in the middle of a quoted cell: write it twice"
)

var faultLong = fmt.Sprintf("is longer than %d bytes", MaxRecord)

// measure returns the length of the next record with its line break.
func (r *Reader) measure() (length int, fault string, err error) {
	i := 0 // from r.start
	// has makes sure that byte i is there.
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
			state = closed
			continue
		}
		switch {
		case c == '"' && state == cellStart, c == '"' && state == closed:
			state = quoted
		case c == r.delimiter:
			state = cellStart
		case c == '\n':
			return i + 1, "", nil
		case c == '\r':
			i++
			if has() && r.buf[r.start+i] == '\n' {
				i++
			}
			return i, "", err
		case state == closed:
			return 0, faultInside, nil
		default:
			state = plain
		}
		i++
	}
	switch {
	case err != nil:
		return 0, "", err
	case state == quoted:
		return 0, faultQuote, nil
	case !r.ended:
		return 0, faultLong, nil
	}
	return i, "", nil
}

// skipLine moves the place behind the next line break.
func (r *Reader) skipLine() error {
	for {
		if at := bytes.IndexByte(r.buf[r.start:r.end], '\n'); at >= 0 {
			r.consume(at + 1)
			return nil
		}
		r.consume(r.end - r.start)
		if more, err := r.fill(); !more {
			return err
		}
	}
}

// split cuts a record into its cells.
func (r *Reader) split(text []byte) (cells []string, fault string) {
	text = bytes.TrimSuffix(text, []byte{'\n'})
	text = bytes.TrimSuffix(text, []byte{'\r'})
	switch {
	case len(text) == 0:
		return nil, ""
	case bytes.IndexByte(text, 0) >= 0:
		return nil, "holds the character U+0000"
	case !utf8.Valid(text):
		return nil, "holds bytes that are no text in the file's encoding"
	}
	for {
		if len(cells) == MaxColumns {
			return nil, fmt.Sprintf("has more than %d cells", MaxColumns)
		}
		if len(text) > 0 && text[0] == '"' {
			cell, rest := unquote(text[1:])
			cells = append(cells, cell)
			if len(rest) == 0 {
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
func unquote(text []byte) (cell string, rest []byte) {
	at := bytes.IndexByte(text, '"')
	if at+1 == len(text) || text[at+1] != '"' {
		return string(text[:at]), text[at+1:]
	}
	var b []byte
	for {
		at := bytes.IndexByte(text, '"')
		b = append(b, text[:at]...)
		text = text[at+1:]
		if len(text) == 0 || text[0] != '"' {
			return string(b), text
		}
		b = append(b, '"')
		text = text[1:]
	}
}

// Delimiter returns the delimiter of a row of column names: the candidate that is most frequent
// outside quotes.
func Delimiter(row []byte) byte {
	counts := map[byte]int{}
	inQuotes := false
	for _, c := range row {
		switch c {
		case '"':
			inQuotes = !inQuotes
		case ',', ';', '\t', '|':
			if !inQuotes {
				counts[c]++
			}
		case '\n', '\r':
			if !inQuotes {
				return most(counts)
			}
		}
	}
	return most(counts)
}

func most(counts map[byte]int) byte {
	best := byte(',')
	for _, c := range []byte{'\t', ';', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
