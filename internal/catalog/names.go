package catalog

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CleanName returns the name of a brand or a category as it is stored and looked for: in NFC,
// without format characters such as U+200B, every run of blanks one blank, and typographic
// apostrophes as '. Differences that people cannot see make no other name.
func CleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == '’', r == 'ʼ', r == '‘':
			return '\''
		}
		return r
	}, norm.NFC.String(name))
	return strings.Join(strings.FieldsFunc(name, isBlank), " ")
}

// isBlank reports whether a character shows nothing.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u2800' || r == '\u3164' }

// cleaned returns a name that may be absent as it is stored.
func cleaned(name *string) *string {
	if name == nil {
		return nil
	}
	return new(CleanName(*name))
}
