package search

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/question/words"
)

// From how many letters a word may be one or two letters off.
const (
	oneOff = 4
	twoOff = 8
)

// correct answers the words that an unknown word was meant to be: one in another spelling, or two
// that were joined. Words with digits are models and sizes, which are one letter apart from others
// that exist, so they are only split.
func (v *vocabulary) correct(word string) []string {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return v.splitDigits(word)
	}
	length := utf8.RuneCountInString(word)
	if length >= oneOff {
		if best := v.likest(word, length, 1); best != "" {
			return []string{best}
		}
	}
	if parts := v.split(word); parts != nil {
		return parts
	}
	if length >= twoOff {
		if best := v.likest(word, length, 2); best != "" {
			return []string{best}
		}
	}
	return nil
}

// likest is the best word at most so many edits away: the more common, and rather one with the same
// first letter.
func (v *vocabulary) likest(word string, length, edits int) (best string) {
	mask, runes, most := letters(word), []rune(word), math.Inf(-1)
	first, _ := utf8.DecodeRuneInString(word)
	for at := max(2, length-edits); at <= length+edits && at < len(v.byLength); at++ {
		for _, t := range v.byLength[at] {
			// An edit changes at most two of the letters there are.
			if bits.OnesCount32(mask^t.letters) > 2*edits ||
				words.Distance(runes, []rune(t.word), edits) > edits ||
				strings.ContainsFunc(t.word, unicode.IsDigit) {
				continue
			}
			score := math.Log(float64(t.titles) + 1)
			if r, _ := utf8.DecodeRuneInString(t.word); r == first {
				score += 3
			}
			if score > most || score == most && t.word < best {
				best, most = t.word, score
			}
		}
	}
	return best
}

// split finds the two words a joined one is made of, the rarer of which is as common as can be.
func (v *vocabulary) split(word string) (parts []string) {
	best := int32(0)
	for at := range word {
		if at < 3 || len(word)-at < 3 {
			continue
		}
		before, after := v.counts[word[:at]], v.counts[word[at:]]
		if common := min(before.titles, after.titles); common > best {
			best, parts = common, []string{word[:at], word[at:]}
		}
	}
	return parts
}

// splitDigits splits between a letter and a digit: "iphone7" is iphone and 7.
func (v *vocabulary) splitDigits(word string) []string {
	previous := rune(0)
	for at, r := range word {
		if at > 0 && unicode.IsDigit(previous) != unicode.IsDigit(r) {
			_, before := v.of(word[:at])
			_, after := v.of(word[at:])
			if before && after {
				return []string{word[:at], word[at:]}
			}
		}
		previous = r
	}
	return nil
}
