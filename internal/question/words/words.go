// Package words turns text into comparable words: folded, split, lightly stemmed and classed. The
// reader of questions and the built-in model share it, so that both have the same idea of a word of
// the catalogue.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns text in lower case and without what people leave out, so that "Café" and "CAFE",
// "Weiß" and "weiss" are one word: accents, Arabic vowel marks, Hebrew points and invisible
// characters. Letters that Unicode does not decompose become those that people write for them. The
// marks of other scripts stay, as they carry vowels.
func Fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	var out strings.Builder
	out.Grow(len(text))
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(text, " ")) {
		r = unicode.ToLower(r)
		if r < utf8.RuneSelf {
			out.WriteRune(r)
		} else if letters, ok := Undecomposed[r]; ok {
			out.WriteString(letters)
		} else if !unicode.Is(Dropped, r) {
			out.WriteRune(r)
		}
	}
	return norm.NFC.String(out.String())
}

// Split returns the folded words of a text in order. An apostrophe inside a word is dropped with a
// possessive s ("women's" is "women", "don't" is "dont"). A single letter joined by a hyphen is
// part of its word ("t-shirt" is "tshirt", "usb-c" is "usbc"), because alone it says nothing. Text
// without blanks (Han, Kana, Thai) is split into overlapping pairs of letters, so that a word is
// found within others.
func Split(text string) []string {
	folded := Fold(text)
	out := make([]string, 0, len(folded)/6+1)
	hyphenated := false // a lone hyphen stands between the previous word and the next
	chained := false    // one stands before the previous word too, as in "5-a-side"
	for at := 0; at < len(folded); {
		r, size := decode(folded, at)
		if !InWord(r) {
			hyphenated = r == '-' && !hyphenated && at > 0 && at+size < len(folded) &&
				folded[at-1] != ' '
			at += size
			continue
		}
		end := wordEnd(folded, at)
		word := Bare(folded[at:end])
		at = end
		last := len(out) - 1
		switch {
		case hyphenated && !chained && last >= 0 && joins(out[last], word):
			out[last] += word
		case strings.ContainsFunc(word, IsUnspaced):
			out = appendPairs(out, word)
			chained = false
		case word != "":
			out = append(out, word)
			chained = hyphenated
		}
		hyphenated = false
	}
	return out
}

// appendPairs appends the parts of a word with letters of scripts without blanks: of those letters
// the pairs, or one that stands alone; other letters as they are.
func appendPairs(out []string, word string) []string {
	runes := []rune(word)
	for at := 0; at < len(runes); {
		end := at + 1
		for end < len(runes) && IsUnspaced(runes[end]) == IsUnspaced(runes[at]) {
			end++
		}
		if part := runes[at:end]; !IsUnspaced(part[0]) || len(part) == 1 {
			out = append(out, string(part))
		} else {
			for i := range len(part) - 1 {
				out = append(out, string(part[i:i+2]))
			}
		}
		at = end
	}
	return out
}

// Bare returns a folded word without its apostrophes and possessive s.
func Bare(word string) string {
	if isAlnum(word) {
		return word
	}
	word = strings.ReplaceAll(word, "’", "'")
	word = strings.TrimSuffix(word, "'s")
	return strings.ReplaceAll(word, "'", "")
}

// InWord reports whether words are made of r.
func InWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// wordEnd returns the end of the word that starts at from. An apostrophe before a letter is part of
// it.
func wordEnd(text string, from int) int {
	at := from
	for at < len(text) {
		r, size := decode(text, at)
		if r == '\'' || r == '’' {
			next, _ := decode(text, at+size)
			if at+size >= len(text) || !InWord(next) {
				return at
			}
		} else if !InWord(r) {
			return at
		}
		at += size
	}
	return at
}

// decode returns the rune at a place, and its size.
func decode(text string, at int) (rune, int) {
	if at < len(text) && text[at] < utf8.RuneSelf {
		return rune(text[at]), 1
	}
	return utf8.DecodeRuneInString(text[at:])
}

// joins reports whether exactly one side is a single letter, as in "e-reader", but not "5-a-side".
func joins(before, after string) bool {
	return len(before) == 1 && isLetter(before[0]) && len(after) > 1 && isLetter(after[0]) ||
		len(after) == 1 && isLetter(after[0]) && len(before) > 1 && isLetter(before[0])
}

// IsNumber reports whether a word is digits alone.
func IsNumber(word string) bool {
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return word != ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isAlnum(word string) bool {
	for i := range len(word) {
		if c := word[i]; !isLetter(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
