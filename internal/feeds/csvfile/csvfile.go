// Package csvfile reads CSV files as spreadsheets and shops write them, in constant memory and from
// any row on. A row that cannot be read is returned with its fault, and the next one is read.
package csvfile

import (
	"bytes"
	"errors"
	"io"
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
	Cells   []string
	Line    int64  // the line it begins in, from 1
	Row     int64  // from 1, empty ones included
	Fault   string // why it cannot be read; empty if it can
	Warning string // what is odd about it, though it can be read
	Cut     bool   // the file ends within it, without a line break
	Next    Place  // of the row behind it
}

// Reader reads records of UTF-8 text.
type Reader struct {
	// Columns is how many cells a row should have; 0 if that is not known. It decides how rows with
	// odd quotes are read.
	Columns int

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

// Next returns the next record that is not an empty line, io.EOF behind the last one, or the error
// of the source.
func (r *Reader) Next() (Record, error) {
	for {
		record, err := r.next()
		if err != nil || record.Fault != "" || len(record.Cells) > 0 {
			return record, err
		}
	}
}

func (r *Reader) next() (Record, error) {
	found, err := r.find()
	if err != nil {
		return Record{}, err
	}
	if found.length == 0 && found.fault == "" {
		return Record{}, io.EOF
	}
	record := Record{Line: r.at.Line, Row: r.at.Row + 1, Fault: found.fault}
	if found.fault != "" {
		if err := r.skipLine(); err != nil {
			return Record{}, err
		}
	} else {
		text := r.buf[r.start : r.start+found.length]
		last := text[len(text)-1]
		record.Cut = last != '\n' && last != '\r'
		record.Cells, record.Fault = r.split(text, found.quotes)
		record.Warning = found.warning
		r.consume(found.length)
	}
	r.at.Row++
	record.Next = r.at
	return record, nil
}

// consume moves the place behind n bytes.
func (r *Reader) consume(n int) {
	r.at.Line += lineBreaks(r.buf[r.start : r.start+n])
	r.at.Offset += int64(n)
	r.start += n
}

// lineBreaks counts the line breaks of a text: LF, CR LF or CR.
func lineBreaks(text []byte) int64 {
	n := bytes.Count(text, []byte{'\n'}) + bytes.Count(text, []byte{'\r'})
	return int64(n - bytes.Count(text, []byte("\r\n")))
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

// skipLine moves the place behind the next line break: LF, CR LF or CR.
func (r *Reader) skipLine() error {
	for {
		if at := bytes.IndexAny(r.buf[r.start:r.end], "\r\n"); at >= 0 {
			if r.buf[r.start+at] == '\r' && r.start+at+1 == r.end && !r.ended {
				if at > 0 {
					r.consume(at) // makes room for the byte behind
				}
				if _, err := r.fill(); err != nil {
					return err
				}
				continue
			}
			if r.buf[r.start+at] == '\r' && r.start+at+1 < r.end && r.buf[r.start+at+1] == '\n' {
				at++
			}
			r.consume(at + 1)
			return nil
		}
		r.consume(r.end - r.start)
		if more, err := r.fill(); !more {
			return err
		}
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
