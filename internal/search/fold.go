package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/shopd/shopd/internal/question/words"
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
		if unicode.Is(words.Dropped, r) {
			continue
		}
		if letters, ok := words.Undecomposed[r]; ok {
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

// spellUmlauts returns a word with ae, oe, ue and aa for its umlauts, folded; "" if it has none.
func spellUmlauts(word string) string {
	// NFKC makes ŉ an apostrophe and an n, and a word does not begin with an apostrophe.
	composed := strings.ToLower(norm.NFKC.String(strings.ReplaceAll(word, "ŉ", "n")))
	spelled := umlauts.Replace(composed)
	if spelled == composed {
		return ""
	}
	f := foldText(spelled)
	return plain(f.runes[:f.wordEnd(0)])
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "oe", "å", "aa")
