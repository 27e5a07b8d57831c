package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text with its letters folded, and where each of its runes stands in the text it was
// made from.
type folded struct {
	runes        []rune
	starts, ends []int // in bytes of the original text
}

// foldText folds the letters of a text like the database's search_fold: lower case, in
// compatibility form (NFKC), without accents, Arabic vowel marks, Hebrew points and invisible
// characters, and with Latin letters for those that Unicode does not decompose. Signs stay.
func foldText(text string) folded {
	var f folded
	add := func(part string, start, end int) {
		for _, r := range part {
			f.runes = append(f.runes, r)
			f.starts = append(f.starts, start)
			f.ends = append(f.ends, end)
		}
	}
	for at := 0; at < len(text); {
		if text[at] < utf8.RuneSelf && (at+1 == len(text) || text[at+1] < utf8.RuneSelf) {
			add(string(unicode.ToLower(rune(text[at]))), at, at+1)
			at++
			continue
		}
		size := norm.NFKD.NextBoundaryInString(text[at:], true)
		add(foldSegment(text[at:at+size]), at, at+size)
		at += size
	}
	return f
}

// foldSegment folds a letter with its marks.
func foldSegment(segment string) string {
	segment = signs.Replace(segment)
	var out strings.Builder
	for _, r := range norm.NFKD.String(segment) {
		r = unicode.ToLower(r)
		if unicode.Is(dropped, r) {
			continue
		}
		if letters, ok := undecomposed[r]; ok {
			out.WriteString(letters)
			continue
		}
		out.WriteRune(r)
	}
	return norm.NFC.String(out.String())
}

// signs replaces signs that would become letters or digits by blanks, and makes all apostrophes and
// inch marks one.
var signs = strings.NewReplacer(
	"ŉ", "n", "’", "'", "′", "'", "ʼ", "'", "”", `"`, "″", `"`, "™", " ", "℠", " ",
	"¼", " ", "½", " ", "¾", " ", "⅐", " ", "⅑", " ", "⅒", " ", "⅓", " ", "⅔", " ", "⅕", " ",
	"⅖", " ", "⅗", " ", "⅘", " ", "⅙", " ", "⅚", " ", "⅛", " ", "⅜", " ", "⅝", " ", "⅞", " ",
	"⅟", " ",
)

// undecomposed are the letters that people write otherwise though Unicode does not decompose them,
// and digits of Arabic and Persian.
var undecomposed = func() map[rune]string {
	letters := map[rune]string{
		'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th",
		'ø': "o", 'ł': "l", 'ı': "i", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t", 'ς': "σ",
		'ى': "ي", 'ی': "ي", 'ې': "ي", 'ک': "ك", 'ة': "ه", 'ھ': "ه", 'ہ': "ه",
	}
	for digit := range rune(10) {
		letters['٠'+digit] = string('0' + digit)
		letters['۰'+digit] = string('0' + digit)
	}
	return letters
}()

// table returns a table of the runes in ranges of first and last ones.
func table(bounds ...rune) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	for i := 0; i < len(bounds); i += 2 {
		if bounds[i] <= 0xffff {
			t.R16 = append(t.R16, unicode.Range16{
				Lo: uint16(bounds[i]), Hi: uint16(bounds[i+1]), Stride: 1,
			})
			continue
		}
		t.R32 = append(t.R32, unicode.Range32{
			Lo: uint32(bounds[i]), Hi: uint32(bounds[i+1]), Stride: 1,
		})
	}
	return t
}

// dropped are marks that people leave out, and invisible characters.
var dropped = table(
	0x00ad, 0x00ad, 0x0300, 0x036f, 0x0591, 0x05bd, 0x05bf, 0x05bf, 0x05c1, 0x05c2, 0x05c4, 0x05c5,
	0x05c7, 0x05c7, 0x0610, 0x061a, 0x061c, 0x061c, 0x0640, 0x0640, 0x064b, 0x065f, 0x0670, 0x0670,
	0x06d6, 0x06dc, 0x06df, 0x06e8, 0x06ea, 0x06ed, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x206f,
	0xfe00, 0xfe0f, 0xfeff, 0xfeff,
)

// unspaced are the scripts that are written without blanks between words: Thai, Lao, Myanmar,
// Khmer, Kana and Han.
var unspaced = table(
	0x0e01, 0x0e3a, 0x0e40, 0x0e4e, 0x0e81, 0x0ecd, 0x0edc, 0x0edf, 0x1000, 0x103f, 0x1050, 0x108f,
	0x1780, 0x17d3, 0x17d7, 0x17d7, 0x17dc, 0x17dd, 0x3005, 0x3007, 0x3041, 0x309a, 0x309d, 0x309f,
	0x30a1, 0x30fa, 0x30fc, 0x30ff, 0x31f0, 0x31ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff,
	0x20000, 0x3ffff,
)

// isUnspaced reports whether a rune is of a script that is written without blanks.
func isUnspaced(r rune) bool { return r >= 0x0e01 && unicode.Is(unspaced, r) }

// spellUmlauts returns a word with ae, oe, ue and aa for its umlauts, folded; "" if it has none.
func spellUmlauts(word string) string {
	composed := strings.ToLower(norm.NFKC.String(word))
	spelled := umlauts.Replace(composed)
	if spelled == composed {
		return ""
	}
	f := foldText(spelled)
	return plain(f.runes[:f.wordEnd(0)])
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "oe", "å", "aa")
