package search

// Words are the words of a text and all that is searched instead of them: what the database's
// search_text makes of it.
func Words(text string) (words []string) {
	for _, t := range tokenize(text) {
		words = append(append(words, t.word), t.parts...)
		words = append(words, borders(t.word)...)
		if t.spelled != "" {
			words = append(append(words, t.spelled), borders(t.spelled)...)
		}
	}
	return words
}
