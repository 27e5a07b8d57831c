package csvfile

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// Encoding is the encoding of a file's text, by its usual name in lower case.
type Encoding string

// The encodings that are detected. Others have to be named (see Named). A file in ISO-8859-1 is
// read as Windows-1252: they differ only in control characters, which no feed has.
const (
	UTF8    Encoding = "utf-8"
	UTF8BOM Encoding = "utf-8-bom"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
	Windows Encoding = "windows-1252"
	Latin1  Encoding = "iso-8859-1"
	Unsure  Encoding = "" // an older one: which is not certain
)

// Named returns the encoding of a name, such as Windows-1250, latin2, cp852 or Shift_JIS; false if
// there is none of that name.
func Named(name string) (Encoding, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(name); plain {
	case "utf8":
		return UTF8, true
	case "utf16", "utf16le", "ucs2":
		return UTF16LE, true
	case "utf16be":
		return UTF16BE, true
	case "latin1", "iso88591", "usascii", "ascii":
		return Latin1, true
	default:
		if number, ok := strings.CutPrefix(plain, "cp125"); ok {
			name = "windows-125" + number
		} else if number, ok := strings.CutPrefix(plain, "cp"); ok {
			name = "ibm" + number
		}
	}
	if decoder(Encoding(name)) == nil {
		return Unsure, false
	}
	return Encoding(name), true
}

// decoder returns the decoder of an encoding that is not detected, or nil.
func decoder(e Encoding) *encoding.Decoder {
	found, err := htmlindex.Get(string(e))
	if err != nil {
		found, err = ianaindex.IANA.Encoding(string(e))
	}
	if err != nil || found == nil {
		return nil
	}
	if name, err := htmlindex.Name(found); err == nil && name == "replacement" {
		return nil
	}
	return found.NewDecoder()
}

// ErrNotText is returned for a file that is no text; its message says what it is.
type ErrNotText struct{ Kind string }

func (e ErrNotText) Error() string { return "The file is " + e.Kind }

// kinds are files that people upload by mistake, by their first bytes.
var kinds = []struct{ magic, kind string }{
	{"PK\x03\x04", "a ZIP archive or an Excel workbook. Unpack it, or save it as CSV."},
	{"PK\x05\x06", "an empty ZIP archive."},
	{"\x1f\x8b", "compressed with gzip twice. Unpack it first."},
	{"BZh", "compressed with bzip2. Unpack it first."},
	{"\xfd7zXZ", "compressed with xz. Unpack it first."},
	{"7z\xbc\xaf", "a 7-Zip archive. Unpack it first."},
	{"Rar!", "a RAR archive. Unpack it first."},
	{"\x28\xb5\x2f\xfd", "compressed with zstd. Unpack it first."},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook. Save it as CSV."},
	{"%PDF", "a PDF document."},
	{"\x89PNG", "an image."},
	{"\xff\xd8\xff", "an image."},
	{"GIF8", "an image."},
	{"\x7fELF", "a program."},
	{"<!DOCTYPE", "a web page."},
	{"<html", "a web page."},
}

// Detector detects the encoding of the bytes written to it, without storing them. Its zero value is
// ready.
type Detector struct {
	head        []byte // the first bytes
	size        int64
	sequences   int64 // of several bytes in valid UTF-8
	wrong       int64 // bytes that are no UTF-8
	controls    bool  // bytes that are characters in Windows-1252 alone
	western     western
	need        int  // bytes that the sequence under way still needs
	low, high   byte // its next byte must be between
	evens, odds int  // zeros at even and odd places of the first bytes
}

const headSize = 4096

// Write implements io.Writer. It fails with ErrNotText as soon as the first bytes show that this is
// no text.
func (d *Detector) Write(p []byte) (int, error) {
	if len(d.head) < headSize {
		was := len(d.head)
		d.head = append(d.head, p[:min(len(p), headSize-len(d.head))]...)
		for i := was; i < len(d.head); i++ {
			if d.head[i] == 0 {
				if i%2 == 0 {
					d.evens++
				} else {
					d.odds++
				}
			}
		}
		for _, k := range kinds {
			if len(d.head) >= len(k.magic) && string(d.head[:len(k.magic)]) == k.magic {
				return 0, ErrNotText{k.kind}
			}
		}
	}
	d.size += int64(len(p))
	d.western.write(p)
	for _, c := range p {
		switch {
		case d.need > 0 && c >= d.low && c <= d.high:
			d.need--
			d.low, d.high = 0x80, 0xBF
			if d.need == 0 {
				d.sequences++
			}
			continue
		case d.need > 0:
			d.need = 0
			d.wrong++
		}
		if c < 0x80 {
			continue
		}
		if c < 0xA0 {
			d.controls = true
		}
		d.begin(c)
	}
	return len(p), nil
}

// begin begins a sequence of several bytes (RFC 3629, section 4).
func (d *Detector) begin(c byte) {
	d.low, d.high = 0x80, 0xBF
	switch {
	case c >= 0xC2 && c <= 0xDF:
		d.need = 1
	case c >= 0xE0 && c <= 0xEF:
		d.need = 2
		switch c {
		case 0xE0:
			d.low = 0xA0
		case 0xED:
			d.high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		d.need = 3
		switch c {
		case 0xF0:
			d.low = 0x90
		case 0xF4:
			d.high = 0x8F
		}
	default:
		d.wrong++
	}
}

// IsXML reports whether the bytes begin like XML.
func (d *Detector) IsXML() bool {
	head := strings.TrimLeft(strings.TrimPrefix(string(d.head), "\xef\xbb\xbf"), " \t\r\n")
	for _, begin := range []string{"<?xml", "<rss", "<feed", "<channel"} {
		if strings.HasPrefix(head, begin) {
			return true
		}
	}
	return false
}

// Size returns how many bytes were written.
func (d *Detector) Size() int64 { return d.size }

// Encoding returns the encoding of the bytes so far. A file that is UTF-8 except for a few bytes is
// UTF-8: its rows with those bytes are wrong. A file whose bytes are hardly ever UTF-8 has an older
// encoding: Windows-1252 or ISO-8859-1 if its words read like those of a Western language, else it
// is Unsure.
func (d *Detector) Encoding() Encoding {
	has := func(mark string) bool {
		return len(d.head) >= len(mark) && string(d.head[:len(mark)]) == mark
	}
	pairs, wrong := len(d.head)/2, d.wrong
	if d.need > 0 {
		wrong++ // the last one is cut short
	}
	switch {
	case has("\xef\xbb\xbf"):
		return UTF8BOM
	case has("\xff\xfe"), pairs > 1 && d.odds > pairs/2 && d.evens < pairs/8+1:
		return UTF16LE
	case has("\xfe\xff"), pairs > 1 && d.evens > pairs/2 && d.odds < pairs/8+1:
		return UTF16BE
	case wrong == 0 || d.sequences > wrong:
		return UTF8
	case !d.western.isPlausible():
		return Unsure
	case d.controls:
		return Windows
	}
	return Latin1
}

// Declared returns the encoding to read the bytes in when their sender declares one. A byte order
// mark and bytes that can only be UTF-8 count more than a declaration. insisted says that a person
// named the encoding; servers declare UTF-8 and ISO-8859-1 of any file.
func (d *Detector) Declared(declared Encoding, insisted bool) Encoding {
	detected := d.Encoding()
	switch {
	case declared == Unsure, detected == UTF8BOM, detected == UTF16LE, detected == UTF16BE,
		detected == UTF8 && d.sequences > 0,
		!insisted && (declared == UTF8 || declared == Latin1),
		declared == UTF16LE, declared == UTF16BE:
		return detected
	}
	return declared
}

// Example returns a word whose letters depend on the encoding, read as Windows-1252.
func (d *Detector) Example() string { return d.western.example }
