package feeds

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/shopd/shopd/internal/catalog"
)

// cleanName returns the name of a brand or a category as it is stored.
func cleanName(name string) string { return catalog.CleanName(name) }

// fold returns a name as it is compared: cleaned, and without regard to case.
func fold(name string) string { return strings.ToLower(cleanName(name)) }

// cleanTitle returns a title without invisible characters, in NFC. Its blanks stay.
func cleanTitle(title string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\ufeff', '\u2060', '\u00ad': // zero width space, word joiner, soft hyphen
			return -1
		}
		return r
	}, title))
}

// isBlank reports whether a character shows nothing.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u2800' || r == '\u3164' }
