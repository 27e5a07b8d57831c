package csvfile

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// notText replaces bytes that are no character. It is no UTF-8 either, so the row becomes an error.
const notText = 0xFF

// Translate returns text of an encoding as UTF-8 without a byte order mark.
func Translate(src io.Reader, from Encoding) io.Reader {
	in := bufio.NewReaderSize(src, firstRead)
	switch from {
	case UTF16LE, UTF16BE:
		return &translated{next: utf16Text(in, from == UTF16BE)}
	case Windows, Latin1:
		return &translated{next: windowsText(in)}
	case UTF8, UTF8BOM:
		if mark, _ := in.Peek(3); from == UTF8BOM && string(mark) == "\xef\xbb\xbf" {
			_, _ = in.Discard(3)
		}
	default:
		if d := decoder(from); d != nil {
			return &translated{next: decodedText(bufio.NewReader(d.Reader(in)))}
		}
	}
	return in
}

// translated reads what next appends.
type translated struct {
	next func([]byte) ([]byte, error)
	left []byte
	buf  []byte
	err  error
}

// Read implements io.Reader.
func (t *translated) Read(p []byte) (int, error) {
	for len(t.left) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.buf = t.buf[:0]
		for len(t.buf) < firstRead/2 && t.err == nil {
			t.buf, t.err = t.next(t.buf)
		}
		t.left = t.buf
	}
	n := copy(p, t.left)
	t.left = t.left[n:]
	return n, nil
}

func windowsText(in *bufio.Reader) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		c, err := in.ReadByte()
		if err != nil {
			return b, err
		}
		if c < 0x80 {
			return append(b, c), nil
		}
		character := charmap.Windows1252.DecodeByte(c)
		if character == utf8.RuneError {
			return append(b, notText), nil
		}
		return utf8.AppendRune(b, character), nil
	}
}

// decodedText reads UTF-8 of a decoder, which has U+FFFD for what is no character.
func decodedText(in *bufio.Reader) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		c, _, err := in.ReadRune()
		switch {
		case err != nil:
			return b, err
		case c == utf8.RuneError:
			return append(b, notText), nil
		}
		return utf8.AppendRune(b, c), nil
	}
}

func utf16Text(in *bufio.Reader, big bool) func([]byte) ([]byte, error) {
	first := true
	unit := func() (rune, error) {
		var pair [2]byte
		if _, err := io.ReadFull(in, pair[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return -1, nil // half a character
			}
			return 0, err
		}
		if big {
			return rune(pair[0])<<8 | rune(pair[1]), nil
		}
		return rune(pair[1])<<8 | rune(pair[0]), nil
	}
	pending := rune(-1)
	return func(b []byte) ([]byte, error) {
		var c rune
		var err error
		if c, pending = pending, -1; c < 0 {
			if c, err = unit(); err != nil {
				return b, err
			}
		}
		if first {
			if first = false; c == 0xFEFF {
				return b, nil
			}
		}
		switch {
		case c < 0:
			return append(b, notText), nil
		case !utf16.IsSurrogate(c):
			return utf8.AppendRune(b, c), nil
		}
		second, err := unit()
		if err != nil {
			return append(b, notText), err
		}
		if whole := utf16.DecodeRune(c, second); whole != utf8.RuneError {
			return utf8.AppendRune(b, whole), nil
		}
		pending = second // of its own
		return append(b, notText), nil
	}
}
