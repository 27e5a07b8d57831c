package assistant

import (
	"regexp"
	"strings"
)

var spacePattern = regexp.MustCompile(`[ \t]+`)

// plain returns a sentence without markup.
func plain(sentence string) string {
	sentence = strings.NewReplacer("**", "", "__", "", "`", "").Replace(sentence)
	return strings.TrimSpace(spacePattern.ReplaceAllString(sentence, " "))
}

// sentences cuts a text after every full stop, question or exclamation mark that a blank follows,
// and at every line break. Joined, the pieces are the text.
func sentences(text string) []string {
	var out []string
	for {
		sentence, rest, ok := cutSentence(text)
		if !ok {
			break
		}
		out, text = append(out, sentence), rest
	}
	if text != "" {
		out = append(out, text)
	}
	return out
}

// cutSentence cuts the first sentence off, if the text shows where it ends.
func cutSentence(text string) (sentence, rest string, ok bool) {
	for i := range len(text) {
		ends := text[i] == '\n'
		if i > 0 && (text[i] == ' ' || text[i] == '\t') {
			ends = strings.ContainsRune(".?!", rune(text[i-1])) && !isInitial(text[:i-1])
		}
		if ends {
			return text[:i+1], text[i+1:], true
		}
	}
	return "", text, false
}

// isInitial reports whether the word before a full stop is one letter, a number of a list, or
// abbreviated.
func isInitial(text string) bool {
	word := text[strings.LastIndexAny(text, " \t(")+1:]
	if len(word) <= 1 {
		return true
	}
	switch strings.ToLower(word) {
	case "approx", "incl", "excl", "no", "vs", "st", "dr", "mr", "mrs", "e.g", "i.e":
		return true
	}
	return false
}
