package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/search"
)

// pieces are what texts of shops are made of, and what has been read differently once.
var pieces = []string{
	"a", "s", "Galaxy", "S", "5", "s7", "64", "GB", "gb", "1,000", "10,50", "1,0000", "12,345,678",
	"iPhone", "ii", "x100", "men's", "Men’s", "rock’n’roll", "rock'n'roll", "d'Or", `6"`, "5'",
	"6″", "5′10″", "7”", `"`, "-", "_", ",", ".", "/", "®", "™", "+", "&", "é", "É", "ü", "ß", "ẞ",
	"æ", "Ø", "é", "ñ", "Ж", "ж", "中文", "日本", "ك", "ก", "½", "²", "№", "…", " ", " ", " ", "\t",
	"\u00a0", "\u2003", "\u200b", "\u3000", "8", "mAh", "oz", "w", "L", "g", "12345", "B",
}

// letters are printable ASCII, apostrophes apart, which stand in pieces, and the letters of
// Latin-1, Latin Extended-A, Greek and Cyrillic. What the two make of characters that no shop sells
// in is not promised: PostgreSQL goes by ranges, Go by the tables of Unicode.
var letters = &unicode.RangeTable{R16: []unicode.Range16{
	{
		Lo:     ' ',
		Hi:     '&',
		Stride: 1,
	},
	{Lo: '(', Hi: '~', Stride: 1},
	{Lo: 'À', Hi: 'Ö', Stride: 1},
	{Lo: 'Ø', Hi: 'ö', Stride: 1},
	{Lo: 'ø', Hi: 'ſ', Stride: 1},
	{Lo: 'α', Hi: 'ω', Stride: 1},
	{Lo: 'А', Hi: 'я', Stride: 1},
}}

// searchProducts: the server reads what is searched for, the database what is searched. Words that
// one reads otherwise than the other would never be found.
func TestReadersAgree(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	text := rapid.OneOf(
		rapid.Map(
			rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8),
			func(some []string) string { return strings.Join(some, " ") },
		),
		rapid.StringOfN(rapid.RuneFrom(nil, letters), 0, 20, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(text, 40, 40).Draw(t, "texts")
		read := apitest.Value[[]string](
			shop,
			"SELECT array_agg(search_text(x) ORDER BY n) "+
				"FROM unnest($1::text[]) WITH ORDINALITY AS u (x, n)",
			texts,
		)
		for i, text := range texts {
			stored, asked := strings.Fields(read[i]), search.Words(text)
			assert.Subset(
				t, stored, asked, "%q: all that is searched for is there to be found", text,
			)
			for _, word := range stored {
				assert.True(
					t, slices.Contains(asked, word) || isJoined(word, asked),
					"%q: no shopper can search for %q", text, word,
				)
			}
		}
	})
}

// isJoined reports whether a word is two of the others: what is stored may be joined to either
// side, what is asked for only to one ("S 64 GB").
func isJoined(word string, others []string) bool {
	return slices.ContainsFunc(others, func(first string) bool {
		second, begins := strings.CutPrefix(word, first)
		return begins && slices.Contains(others, second)
	})
}
