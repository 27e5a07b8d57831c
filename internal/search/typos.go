package search

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/question/words"
)

// The fewest letters of a word that may be corrected by one edit, and by two.
const (
	oneOff = 4
	twoOff = 8
)

// correct returns the words that an unknown word probably stands for: one in another spelling, or
// two that were joined. Words with digits are only split: they are models and sizes, which are an
// edit away from other models and sizes.
func (v *vocabulary) correct(word string) []string {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return v.splitDigits(word)
	}
	length := utf8.RuneCountInString(word)
	if length >= oneOff {
		best := v.likest(word, length, 1)
		if best == "" || best[0] != word[0] {
			// "ebike" is rather e and bike than a typo of bike.
			if parts := v.splitLetter(word); parts != nil {
				return parts
			}
		}
		if best != "" {
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

// likest returns the best word within so many edits, or "". Common words and words with the same
// first letter are preferred.
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

// split returns the two words that a joined one is made of. Of several ways it chooses the one
// whose rarer word is most common.
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

// splitLetter returns the single letter and the word that a joined one is made of, if both stand in
// names: "ebike" is e and bike.
func (v *vocabulary) splitLetter(word string) []string {
	const shortest = 3 // letters of the word
	if word[0] < 'a' || word[0] > 'z' || len(word) <= shortest ||
		v.counts[word[:1]].titles == 0 || v.counts[word[1:]].titles == 0 {
		return nil
	}
	return []string{word[:1], word[1:]}
}

// splitDigits splits a word between letters and digits, if all parts are known: "iphone7" is iphone
// and 7.
func (v *vocabulary) splitDigits(word string) []string {
	if parts := borders(word); parts != nil && v.areKnown(parts) {
		return parts
	}
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
