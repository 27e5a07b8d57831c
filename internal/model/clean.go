package model

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

var (
	tag       = regexp.MustCompile(`(?s)<!--.*?-->|<[/!?]?[A-Za-z][^<>]*>`)
	link      = regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()]*\)`)
	reference = regexp.MustCompile(`\[\s*#\s*\d+\s*\]`)
	emphasis  = strings.NewReplacer("`", "", "**", "", "__", "", "~~", "")
)

// Clean returns a text of sellers or clients in a form that is safe in a prompt: one line of at
// most so many runes, without invisible characters (control, zero-width, bidirectional, tag and
// variation selectors, in which instructions are often hidden), without markup, and without
// references such as [#12], which only the prompt itself may contain.
func Clean(s string, runes int) string {
	s = Cut(strings.ToValidUTF8(s, ""), 4*runes+1000) // more would not be in the result
	s = strings.Map(visible, html.UnescapeString(s))
	s = withoutMarkup(s)
	return strings.TrimSpace(Cut(strings.Join(strings.Fields(s), " "), runes))
}

// withoutMarkup removes tags, links, references and emphasis. Removing one layer may form another,
// as in [[#1]#2], so it is repeated. A text that still has markup after four rounds was written to
// break this, and loses its brackets.
func withoutMarkup(s string) string {
	for range 4 {
		before := s
		s = tag.ReplaceAllString(s, " ")
		s = link.ReplaceAllString(s, "$1")
		s = reference.ReplaceAllString(s, " ")
		s = emphasis.Replace(s)
		if s == before {
			return s
		}
	}
	return strings.NewReplacer("[", " ", "]", " ", "<", " ", ">", " ").Replace(s)
}

// visible maps white space and control characters to a space, and removes characters without a
// glyph.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.In(
		r, unicode.Cf, unicode.Co, unicode.Cs,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point,
	):
		return -1
	default:
		return r
	}
}

// Cut returns the first runes of a text, at most so many.
func Cut(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}
