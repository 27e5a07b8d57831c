package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a word of a text as search reads it, with its position in the text.
type token struct {
	word       string
	parts      []string // if it was written apart, its words: "S 5" is s5
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

// tokenize reads a text like the database's search_text: words without case, accents and signs; a
// possessive loses its s and a number its thousands separators; single letters and units join the
// number beside them.
func tokenize(text string) []token {
	var tokens []token
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !inWord(r) {
			if unit := unitSigns[r]; unit != "" && at > 0 && isDigits(text[at-1:at]) {
				next, _ := utf8.DecodeRuneInString(text[at+size:])
				if !inWord(next) || unit == "inch" {
					tokens = append(tokens, token{word: unit, start: at, end: at + size})
				}
			}
			at += size
			continue
		}
		end := wordEnd(text, at)
		if word := plain(text[at:end]); word != "" {
			tokens = append(tokens, token{word: word, start: at, end: end})
		}
		at = end
	}
	return join(tokens)
}

// unitSigns are the signs after a number of feet or inches.
var unitSigns = map[rune]string{
	'\'': "ft",
	'’':  "ft",
	'′':  "ft",
	'"':  "inch",
	'”':  "inch",
	'″':  "inch",
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func isDigits(word string) bool { return strings.Trim(word, "0123456789") == "" }

// wordEnd returns the end of the word that starts at a byte. Apostrophes and thousands separators
// inside a word belong to it.
func wordEnd(text string, at int) int {
	start := at
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		next, _ := utf8.DecodeRuneInString(text[at+size:])
		switch {
		case inWord(r):
		case (r == '\'' || r == '’') && unicode.IsLetter(next) && !isDigits(text[start:at]):
		case r == ',' && isThousands(text[start:at], text[at+size:]):
		default:
			return at
		}
		at += size
	}
	return at
}

// isThousands reports whether a digit stands before a comma and exactly three digits after it.
func isThousands(before, after string) bool {
	if !isDigits(before[len(before)-1:]) || len(after) < 3 || !isDigits(after[:3]) {
		return false
	}
	return len(after) == 3 || !isDigits(after[3:4])
}

// plain is a word in lower case without accents, apostrophes and possessive s.
func plain(word string) string {
	var out strings.Builder
	for _, r := range norm.NFD.String(word) {
		switch {
		case r >= 0x300 && r <= 0x36f, r == ',':
		case r == '’':
			out.WriteByte('\'')
		default:
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.ReplaceAll(strings.TrimSuffix(out.String(), "'s"), "'", "")
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

// join joins single letters and units with the number beside them.
func join(tokens []token) []token {
	out := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) {
			next := tokens[i+1]
			model := len(t.word) == 1 && 'a' <= t.word[0] && t.word[0] <= 'z' &&
				len(next.word) <= 4 &&
				isDigits(next.word)
			if model || isDigits(t.word) && units[next.word] {
				t = token{t.word + next.word, []string{t.word, next.word}, t.start, next.end}
				i++
			}
		}
		out = append(out, t)
	}
	return out
}
