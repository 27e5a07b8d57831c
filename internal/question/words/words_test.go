package words

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// Split: words of a text.
func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"Women's T-Shirts, 100% cotton!": {"women", "tshirts", "100", "cotton"},
		"USB-C e-reader":                 {"usbc", "ereader"},
		"Café Crème ÅÄÖ":                 {"cafe", "creme", "aao"},
		"don’t rock 'n' roll":            {"dont", "rock", "n", "roll"},
		"re-usable 5-a-side":             {"re", "usable", "5", "a", "side"},
		"日本語 テスト X15用 茶":                 {"日本", "本語", "テス", "スト", "x15", "用", "茶"},
		"หูฟัง":                          {"หู", "ูฟ", "ฟั", "ัง"},
		"Weiß, Rød & Łódź ﬁne ＳＯＮＹ":      {"weiss", "rod", "lodz", "fine", "sony"},
		"سَمَّاعات كتـــاب שָׁלוֹם":      {"سماعات", "كتاب", "שלום"},
		"Kopf\u00adkissen हिन्दी":        {"kopfkissen", "हिन्दी"},
		" -- ?":                          {},
	} {
		assert.Equal(t, want, Split(text), text)
	}
}

// Stem: forms of a word have one stem.
func TestStemBringsFormsTogether(t *testing.T) {
	for _, forms := range [][]string{
		{"battery", "batteries"},
		{"knife", "knives"},
		{"glass", "glass"},
		{"brush", "brushes"},
		{"watch", "watches"},
		{"box", "boxes"},
		{"hike", "hiking"},
		{"game", "games", "gaming"},
		{"run", "running"},
		{"insulate", "insulated"},
		{"charge", "charging", "charged"},
		{"dress", "dresses"},
		{"shoe", "shoes"},
		{"tv", "tvs"},
		{"case", "cases"},
		{"lens", "lenses"},
		{"scent", "scented"},
		{"woman", "women", "womens"},
	} {
		for _, form := range forms {
			assert.Equal(t, Stem(forms[0]), Stem(form), form)
		}
	}
	for _, apart := range [][2]string{
		{"bed", "bedding"},
		{"ear", "earring"},
		{"cloth", "clothing"},
		{"car", "care"},
		{"organ", "organizer"},
		{"spe", "speed"},
		{"pin", "pine"},
	} {
		assert.NotEqual(t, Stem(apart[0]), Stem(apart[1]), apart)
	}
}

// ClassOf: kinds of letters.
func TestClassOf(t *testing.T) {
	for word, want := range map[string]Class{
		"the": Stop, "products": Stop, "cheapest": Stop, "red": Soft, "gifts": Soft,
		"comfortable": Soft, "kettle": Content, "x": Stop, "7": Content,
	} {
		assert.Equal(t, want, ClassOf(word), word)
	}
}

// Split, Stem: what holds for any text.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, w := range Split(rapid.String().Draw(t, "text")) {
			assert.NotEmpty(t, w)
			assert.True(t, utf8.ValidString(Stem(w)))
			ClassOf(w)
		}
	})
}

// Distance: how many letters words differ in.
func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"jacket", "jakcet"}: 1, {"jacket", "jaket"}: 1, {"jacket", "jacket"}: 0, {"", ""}: 0,
		{"coffee", "cofe"}: 2, {"abc", "xyz"}: 3, {"чайник", "чанйик"}: 1,
		{strings.Repeat("a", 40), strings.Repeat("a", 38) + "ba"}: 1,
	} {
		a, b := []rune(pair[0]), []rune(pair[1])
		assert.Equal(t, min(want, 3), Distance(a, b, 2), pair)
		assert.Equal(t, Distance(b, a, 2), Distance(a, b, 2), pair)
	}
}
