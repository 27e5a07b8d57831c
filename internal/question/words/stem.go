package words

import "strings"

// irregular has the plurals of everyday goods that the suffix rules do not cover.
var irregular = map[string]string{
	"knives":      "knife",
	"shelves":     "shelf",
	"scarves":     "scarf",
	"leaves":      "leaf",
	"loaves":      "loaf",
	"halves":      "half",
	"men":         "man",
	"women":       "woman",
	"mens":        "man",
	"womens":      "woman",
	"children":    "child",
	"childrens":   "child",
	"kids":        "kid",
	"mice":        "mouse",
	"feet":        "foot",
	"teeth":       "tooth",
	"geese":       "goose",
	"people":      "person",
	"dice":        "die",
	"axes":        "axe",
	"shoes":       "shoe",
	"movies":      "movie",
	"cookies":     "cookie",
	"hoodies":     "hoodie",
	"beanies":     "beanie",
	"selfies":     "selfie",
	"brownies":    "brownie",
	"smoothies":   "smoothie",
	"candies":     "candy",
	"accessories": "accessory",
	"accessory":   "accessory",
	"lenses":      "lens",
	"lens":        "lens",
	"glasses":     "glasses",
	"sunglasses":  "sunglasses",
	"headphones":  "headphone",
	"gps":         "gps",
	"usb":         "usb",
	"canvas":      "canvas",
	"chess":       "chess",
	"tennis":      "tennis",
	"series":      "series",
	"bus":         "bus",
	"gas":         "gas",
	"yes":         "yes",
	"christmas":   "christmas",
	"always":      "always",
}

// notForms are words that only look like an -ing or -ed form of another word.
var notForms = map[string]bool{
	"earring":    true,
	"bedding":    true,
	"wedding":    true,
	"clothing":   true,
	"during":     true,
	"morning":    true,
	"evening":    true,
	"string":     true,
	"spring":     true,
	"ceiling":    true,
	"pudding":    true,
	"something":  true,
	"nothing":    true,
	"anything":   true,
	"everything": true,
	"sterling":   true,
	"hundred":    true,
	"shred":      true,
	"sled":       true,
	"building":   true,
	"herring":    true,
	"sibling":    true,
	"darling":    true,
	"viking":     true,
	"duvet":      true,
	"naked":      true,
	"biking":     false,
}

// Stem returns what the forms of a word have in common, without plural, -ed, -ing and silent e.
// These are steps 1a, 1b, 1c and 5a of M. F. Porter, "An algorithm for suffix stripping" (Program
// 14, 1980). The later steps are left out, because they join different goods ("organ",
// "organizer").
func Stem(word string) string {
	if s, ok := irregular[word]; ok {
		return s
	}
	if len(word) < 4 || !isAlnum(word) || word[len(word)-1] <= '9' || word[0] <= '9' {
		return plainS(word)
	}
	word = plural(word)
	if !notForms[word] {
		word = inflected(word)
	}
	word = silentE(word)
	if n := len(word); n > 3 && word[n-1] == 'y' && !vowel(word, n-2) {
		word = word[:n-1] + "i"
	}
	return word
}

// plainS removes the plural s of words of three letters: "tvs" is "tv"; "gas" is in the table
// above.
func plainS(word string) string {
	if len(word) == 3 && word[2] == 's' && word[1] != 's' && isAlnum(word) && !vowel(word, 1) {
		return word[:2]
	}
	return word
}

// plural removes a plural s.
func plural(word string) string {
	n := len(word)
	switch {
	case word[n-1] != 's':
		return word
	case strings.HasSuffix(word, "ies"):
		return word[:n-3] + "y"
	case strings.HasSuffix(word, "sses"),
		strings.HasSuffix(word, "shes"),
		strings.HasSuffix(word, "ches"),
		strings.HasSuffix(word, "xes"),
		strings.HasSuffix(word, "zzes"):
		return word[:n-2]
	case strings.HasSuffix(word, "ss"),
		strings.HasSuffix(word, "us"),
		strings.HasSuffix(word, "is"):
		return word
	}
	return word[:n-1]
}

// inflected removes -ing and -ed.
func inflected(word string) string {
	base, ok := strings.CutSuffix(word, "ing")
	if !ok {
		if base, ok = strings.CutSuffix(word, "ed"); ok && strings.HasSuffix(word, "eed") {
			return word
		}
	}
	if !ok || measure(base) == 0 && !hasVowel(base) || len(base) < 3 {
		return word
	}
	n := len(base)
	switch {
	case strings.HasSuffix(base, "at"),
		strings.HasSuffix(base, "bl"),
		strings.HasSuffix(base, "iz"):
		return base + "e"
	case base[n-1] == base[n-2] && !vowel(base, n-1) && base[n-1] != 'l' && base[n-1] != 's' &&
		base[n-1] != 'z':
		return base[:n-1]
	case measure(base) == 1 && shortEnd(base):
		return base + "e"
	}
	return base
}

// silentE removes a silent e.
func silentE(word string) string {
	base, ok := strings.CutSuffix(word, "e")
	if !ok {
		return word
	}
	if m := measure(base); m > 1 || m == 1 && !shortEnd(base) {
		return base
	}
	return word
}

// measure returns Porter's m: how often a vowel run is followed by a consonant run.
func measure(word string) int {
	m, inVowel := 0, false
	for i := range len(word) {
		v := vowel(word, i)
		if inVowel && !v {
			m++
		}
		inVowel = v
	}
	return m
}

// shortEnd reports Porter's *o: whether the word ends consonant-vowel-consonant, the last not w, x
// or y.
func shortEnd(word string) bool {
	n := len(word)
	return n >= 3 && !vowel(word, n-3) && vowel(word, n-2) && !vowel(word, n-1) &&
		!strings.ContainsRune("wxy", rune(word[n-1]))
}

func hasVowel(word string) bool {
	for i := range len(word) {
		if vowel(word, i) {
			return true
		}
	}
	return false
}

// vowel reports whether letter i is a vowel; a y after a consonant is one, as in "dry".
func vowel(word string, i int) bool {
	if i < 0 {
		return false
	}
	switch word[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return i > 0 && word[i-1] != 'y' && !vowel(word, i-1)
	}
	return false
}
