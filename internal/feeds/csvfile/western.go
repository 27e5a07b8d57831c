package csvfile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// western judges whether single bytes above 0x7F read like Windows-1252: Polish, Greek or Russian
// text of another encoding gives words that no Western language has. It reads the bytes once and
// holds one word at most.
type western struct {
	word    []byte // the word being read, as far as it is judged
	run     int    // bytes above 0x7F without one below in between
	marks   int    // those of them that are letters or symbols
	judged  int64  // words with letters above 0x7F
	odd     int64  // those of them that no Western language has
	symbols bool   // a symbol that no feed has, or a byte without a character
	example string
}

// alphabets are the letters above 0x7F of languages that are written in Windows-1252. Letters that
// other encodings have for frequent letters of their languages are left out, though some of these
// have them rarely: ð, þ and ý (Turkish ğ, ş and ı), š and ž (in other places of ISO-8859-2).
var alphabets = []string{
	"äöüß",              // German
	"àâæçèéêëîïôùûüÿœ",  // French
	"áéíñóúüï",          // Spanish
	"áâãàçéêíóôõú",      // Portuguese
	"àèéìíîòóùú",        // Italian
	"áéëïóöüèêç",        // Dutch
	"æøåéèêóôòäö",       // Danish, Norwegian
	"åäöéàü",            // Swedish, Finnish
	"àçèéíïòóúü",        // Catalan
	"áéíóú",             // Irish
	"âêîôûŵŷïëöäáàéèìò", // Welsh
}

// languages has for each byte in which of the alphabets its letter is, by bits.
var languages = func() (masks [256]uint32) {
	for i, alphabet := range alphabets {
		for _, letter := range alphabet {
			for _, form := range []rune{letter, unicode.ToUpper(letter)} {
				if c, known := charmap.Windows1252.EncodeRune(form); known && c >= 0x80 {
					masks[c] |= 1 << i
				}
			}
		}
	}
	return masks
}()

// letterBytes are the bytes that are letters in Windows-1252.
var letterBytes = func() (is [256]bool) {
	for c := range 256 {
		is[c] = unicode.IsLetter(charmap.Windows1252.DecodeByte(byte(c))) &&
			c != 0xAA && c != 0xBA && c != 0x83 // ª, º and ƒ
	}
	return is
}()

// maxWord is how much of a word is judged, in bytes.
const maxWord = 64

func (w *western) write(p []byte) {
	for _, c := range p {
		w.count(c)
		switch {
		case letterBytes[c]:
			if len(w.word) < maxWord {
				w.word = append(w.word, c)
			}
		case c < 0x80 || isPunctuation(c):
			w.end()
			w.word = w.word[:0]
		case c == 0xA4 || charmap.Windows1252.DecodeByte(c) == utf8.RuneError:
			w.symbols = true // ¤ is the euro sign of ISO-8859-15
		default: // a symbol: it belongs to the word, so that one within letters is noticed
			if len(w.word) > 0 && len(w.word) < maxWord {
				w.word = append(w.word, c)
			}
		}
	}
}

// count notices long runs of bytes above 0x7F: no Western word has four, but Chinese has little
// else.
func (w *western) count(c byte) {
	if c < 0x80 {
		w.run, w.marks = 0, 0
		return
	}
	w.run++
	if !isPunctuation(c) {
		w.marks++
	}
	w.symbols = w.symbols || w.run > 3 && w.marks > 1
}

// isPunctuation reports whether a byte may stand between letters: quotes, dashes, blanks.
func isPunctuation(c byte) bool {
	return strings.IndexByte(
		"\x80\x85\x91\x92\x93\x94\x96\x97\x99\xa0\xa9\xab\xad\xae\xb0\xb4\xb7\xbb", c,
	) >= 0
}

// end judges a word.
func (w *western) end() {
	word := w.word
	for len(word) > 0 && !letterBytes[word[len(word)-1]] { // m² and 1º
		word = word[:len(word)-1]
	}
	mask, high, run, odd := ^uint32(0), 0, 0, false
	for i, c := range word {
		if c < 0x80 {
			run = 0
			continue
		}
		if !letterBytes[c] {
			odd = true // a symbol within letters
			continue
		}
		high++
		run++
		mask &= languages[c]
		lower := i > 0 && unicode.IsLower(charmap.Windows1252.DecodeByte(word[i-1]))
		upper := unicode.IsUpper(charmap.Windows1252.DecodeByte(c))
		before := c == 0xF5 && (i+1 == len(word) || word[i+1] != 'e') // õ: in Portuguese before e
		odd = odd || run > 2 || lower && upper || before
	}
	if high == 0 && !odd {
		return
	}
	w.judged++
	if odd || mask == 0 {
		w.odd++
	}
	if w.example == "" && len(word) > 3 {
		w.example, _ = charmap.Windows1252.NewDecoder().String(string(word))
	}
}

// isPlausible reports whether at most one word in fifty is odd.
func (w *western) isPlausible() bool {
	w.end()
	w.word = w.word[:0]
	return !w.symbols && w.odd*50 <= w.judged
}
