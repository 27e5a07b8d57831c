package search

import (
	"strings"
	"unicode"

	"github.com/shopd/shopd/internal/question/words"
)

// token is a word of a text as search reads it, with its position in the text.
type token struct {
	word       string
	parts      []string // if it was written apart, its words: "S 5" is s5, "C++" is c plusplus
	spelled    string   // the word with ae, oe, ue and aa for umlauts, if it has one
	hyphenated string   // the word before a hyphen and this one as one: "e-bike" is ebike
	start, end int      // in bytes
}

// fold returns the words of a text as search reads them.
func fold(text string) []string {
	tokens := tokenize(text)
	found := make([]string, 0, len(tokens))
	for _, t := range tokens {
		found = append(found, t.word)
	}
	return found
}

// tokenize reads a text like the database's search_text: words folded, without signs; a possessive
// loses its s and a number its thousands separators; single letters and units join the number next
// to them; words of scripts without blanks are words apart from others.
func tokenize(text string) []token {
	f := foldText(text)
	var tokens []token
	for at := 0; at < len(f.runes); {
		r := f.runes[at]
		if !inWord(r) {
			if unit := unitSigns[r]; unit != "" && at > 0 && isDigit(f.runes[at-1]) &&
				(unit == "inch" || !inWord(f.rune(at+1))) {
				tokens = append(tokens, token{word: unit, start: f.starts[at], end: f.ends[at]})
			}
			at++
			continue
		}
		end := f.wordEnd(at)
		t := token{word: plain(f.runes[at:end]), start: f.starts[at], end: f.ends[end-1]}
		if t.word == "" {
			at = end
			continue
		}
		t.spelled = spellUmlauts(text[t.start:t.end])
		if sign, size := f.sign(at, end); size > 0 {
			t.parts, t.word = []string{t.word}, t.word+sign
			end += size
			t.end = f.ends[end-1]
		}
		if at > 1 && f.runes[at-1] == '-' && len(tokens) > 0 {
			before := tokens[len(tokens)-1]
			if before.end == f.starts[at-1] && len(before.word) <= 3 {
				t.hyphenated = before.word + t.word
			}
		}
		tokens = append(tokens, t)
		at = end
	}
	return join(tokens)
}

// rune returns a rune of the text, or 0 behind its end.
func (f folded) rune(at int) rune {
	if at >= len(f.runes) {
		return 0
	}
	return f.runes[at]
}

// sign returns what signs directly behind a single letter are called, and how many they are: those
// of C++, C# and A+.
func (f folded) sign(at, end int) (name string, size int) {
	if end-at != 1 || f.runes[at] < 'a' || f.runes[at] > 'z' {
		return "", 0
	}
	switch {
	case f.rune(end) == '+' && f.rune(end+1) == '+':
		name, size = "plusplus", 2
	case f.rune(end) == '+':
		name, size = "plus", 1
	case f.rune(end) == '#':
		name, size = "sharp", 1
	default:
		return "", 0
	}
	if next := f.rune(end + size); inWord(next) || next == '+' || next == '#' {
		return "", 0
	}
	return name, size
}

// unitSigns are the signs after a number of feet or inches.
var unitSigns = map[rune]string{'\'': "ft", '"': "inch"}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isDigits(word string) bool { return strings.Trim(word, "0123456789") == "" }

// wordEnd returns the end of the word that starts at a rune. Apostrophes and thousands separators
// inside a word belong to it. A word is of a script without blanks as a whole or not at all.
func (f folded) wordEnd(start int) int {
	at := start
	for ; at < len(f.runes); at++ {
		r, next := f.runes[at], f.rune(at+1)
		switch {
		case inWord(r) && words.IsUnspaced(r) == words.IsUnspaced(f.runes[start]):
		case at > start && r == '\'' && unicode.IsLetter(next) && !isDigit(f.runes[at-1]):
		case at > start && r == ',' && f.isThousands(at):
		default:
			return at
		}
	}
	return at
}

// isThousands reports whether a digit stands before a comma and exactly three digits after it.
func (f folded) isThousands(at int) bool {
	return isDigit(f.runes[at-1]) && isDigit(f.rune(at+1)) && isDigit(f.rune(at+2)) &&
		isDigit(f.rune(at+3)) && !isDigit(f.rune(at+4))
}

// plain returns a folded word without apostrophes, thousands separators and possessive s.
func plain(word []rune) string {
	text := strings.ReplaceAll(string(word), ",", "")
	return strings.ReplaceAll(strings.TrimSuffix(text, "'s"), "'", "")
}

// borders returns the parts of a word with letters and digits: iphone15pro is iphone, 15 and pro. A
// single letter stays with the digits behind it, and what numbers and units are made of is one
// word. It returns nil for a word that has one part.
func borders(word string) (parts []string) {
	const longest = 40 // letters
	runes := []rune(word)
	if len(runes) > longest {
		return nil
	}
	digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
	rest := word[digits:]
	if digits > 0 && (len(rest) <= 2 && isLatin(rest) || rest == "mah" || rest == "inch") {
		return nil
	}
	start, letters := 0, 0 // letters: how many stand before a place in a row
	hasLetters := false    // two letters stand at a border
	cut := func(at int) {
		parts = append(parts, string(runes[start:at]))
		start = at
	}
	for at, r := range runes {
		switch {
		case !isDigit(r) && at > 0 && isDigit(runes[at-1]):
			cut(at)
			letters = 1
			hasLetters = hasLetters || at+1 < len(runes) && !isDigit(runes[at+1])
		case !isDigit(r):
			letters++
		default:
			if letters >= 2 {
				cut(at)
				hasLetters = true
			}
			letters = 0
		}
	}
	if !hasLetters {
		return nil
	}
	cut(len(runes))
	return parts
}

func isLatin(word string) bool { return strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" }

// pairs returns the pairs of neighbouring letters of a word without blanks, of which the database's
// search_pairs makes the index.
func pairs(word string) (found []string) {
	runes := []rune(word)
	for at := 1; at < len(runes); at++ {
		found = append(found, string(runes[at-1:at+1]))
	}
	return found
}

var units = map[string]bool{
	"gb":   true,
	"tb":   true,
	"mb":   true,
	"mah":  true,
	"mm":   true,
	"cm":   true,
	"ml":   true,
	"kg":   true,
	"oz":   true,
	"lb":   true,
	"ft":   true,
	"inch": true,
	"mp":   true,
	"hz":   true,
	"w":    true,
	"l":    true,
	"g":    true,
}

// join joins single letters and units with the number next to them.
func join(tokens []token) []token {
	out := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) {
			next := tokens[i+1]
			model := len(t.word) == 1 && 'a' <= t.word[0] && t.word[0] <= 'z' &&
				len(next.word) <= 4 &&
				isDigits(next.word)
			isUmlaut := t.spelled != "" || next.spelled != ""
			if !isUmlaut && (model || isDigits(t.word) && units[next.word]) {
				t = token{
					word:  t.word + next.word,
					parts: []string{t.word, next.word},
					start: t.start,
					end:   next.end,
				}
				i++
			}
		}
		out = append(out, t)
	}
	return out
}
