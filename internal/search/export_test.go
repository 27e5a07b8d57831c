package search

// Words are the words of a text and, where some are read as one, those too: what the database's
// search_text makes of it.
func Words(text string) (words []string) {
	for _, t := range tokenize(text) {
		words = append(append(words, t.word), t.parts...)
	}
	return words
}
