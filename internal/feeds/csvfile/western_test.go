package csvfile_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	require.NoError(t, err)
	return s
}

// startImport: text of other old encodings is never taken for Windows-1252.
func TestOtherEncodingsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"Polish":   encoded(t, charmap.Windows1250, "id,title\n1,Zażółć gęślą jaźń"),
		"one word": encoded(t, charmap.Windows1250, "id,title\n1,Zażółć"),
		"Polish 2": encoded(
			t, charmap.ISO8859_2, "id,title\n1,Łyżka do butów\n2,Świeca zapachowa",
		),
		"Czech": encoded(
			t, charmap.Windows1250, "id,title\n1,Příliš žluťoučký kůň úpěl ďábelské ódy",
		),
		"Hungarian": encoded(
			t, charmap.Windows1250, "id,title\n1,Árvíztűrő tükörfúrógép\n2,Női cipő, bőr",
		),
		"Slovene":  encoded(t, charmap.Windows1250, "id,title\n1,Čaša za kavo\n2,Večja žlica"),
		"Romanian": encoded(t, charmap.ISO8859_16, "id,title\n1,Cană pentru cafea, șurubelniță"),
		"Russian":  encoded(t, charmap.Windows1251, "id,title\n1,Кружка для кофе"),
		"KOI8":     encoded(t, charmap.KOI8R, "id,title\n1,Кружка для кофе"),
		"DOS":      encoded(t, charmap.CodePage866, "id,title\n1,Кружка для кофе"),
		"Greek":    encoded(t, charmap.Windows1253, "id,title\n1,Κούπα για καφέ"),
		"Turkish": encoded(
			t, charmap.Windows1254, "id,title\n1,Kırmızı çiçekli şişe, büyük ağaç",
		),
		"Hebrew": encoded(t, charmap.Windows1255, "id,title\n1,כוס קפה"),
		"Arabic": encoded(t, charmap.Windows1256, "id,title\n1,كوب قهوة"),
		"Baltic": encoded(
			t, charmap.Windows1257, "id,title\n1,Puodelis kavai, šaukštas, ąžuolas",
		),
		"Thai":      encoded(t, charmap.Windows874, "id,title\n1,แก้วกาแฟ"),
		"DOS 850":   encoded(t, charmap.CodePage850, "id,title\n1,Müller Kaffeebecher für Zuhause"),
		"Mac":       encoded(t, charmap.Macintosh, "id,title\n1,Müller Becher für Café"),
		"Shift JIS": encoded(t, japanese.ShiftJIS, "id,title\n1,コーヒーカップ"),
		"EUC-JP":    encoded(t, japanese.EUCJP, "id,title\n1,コーヒーカップ"),
		"GBK":       encoded(t, simplifiedchinese.GBK, "id,title\n1,咖啡杯子"),
		"Big5":      encoded(t, traditionalchinese.Big5, "id,title\n1,咖啡杯子"),
		"EUC-KR":    encoded(t, korean.EUCKR, "id,title\n1,커피 컵"),
		"euro sign": encoded(t, charmap.ISO8859_15, "id,title,price\n1,Café,5 €"),
	} {
		assert.Equal(t, csvfile.Unsure, detect(t, file), name)
	}
	for name, text := range map[string]string{
		"German":     "Größe: Müller & Söhne, Übertöpfe für Gärten",
		"French":     "Crème brûlée, œuvre, Noël, créée à Nîmes",
		"Spanish":    "¿Jalapeño? ¡Sí! Camión de leña, pingüino",
		"Portuguese": "Ações, coração, pães, avó",
		"Italian":    "Caffè, perché, città, può", "Danish": "Øresund: smørrebrød på fåredæk",
		"Swedish": "Smörgåsbord, Ångström, på hjul", "Dutch": "Ideeën, coöperatie, zoëven",
		"signs": "“Rock’n’roll” – 5 m² for 10 €, n° 3, Lego™, 20 °C, 1º",
	} {
		assert.Contains(
			t, []csvfile.Encoding{csvfile.Windows, csvfile.Latin1},
			detect(t, encoded(t, charmap.Windows1252, "id,title\n1,"+text)), name,
		)
	}
}

// startImport: an encoding that is named is read, whatever it is called.
func TestNamedEncodings(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]encoding.Encoding{
		"Windows-1250": charmap.Windows1250, "cp1250": charmap.Windows1250,
		"CP-1251": charmap.Windows1251, "latin2": charmap.ISO8859_2,
		"ISO-8859-7": charmap.ISO8859_7, "cp852": charmap.CodePage852, "koi8-r": charmap.KOI8R,
		"Shift_JIS": japanese.ShiftJIS, "gbk": simplifiedchinese.GBK,
		"big5": traditionalchinese.Big5, "euc-kr": korean.EUCKR, "macintosh": charmap.Macintosh,
		"windows-1252": charmap.Windows1252,
	} {
		found, known := csvfile.Named(name)
		require.True(t, known, name)
		text := map[string]string{
			"latin2": "Łyżka", "ISO-8859-7": "Κούπα", "cp852": "Łyżka", "koi8-r": "Кружка",
			"CP-1251": "Кружка", "Windows-1250": "Zażółć", "cp1250": "Zażółć",
			"macintosh": "Müller", "windows-1252": "Müller", "euc-kr": "커피",
		}[name]
		if text == "" {
			text = "茶"
		}
		got, err := io.ReadAll(csvfile.Translate(strings.NewReader(encoded(t, e, text)), found))
		require.NoError(t, err)
		assert.Equal(t, text, string(got), name)
	}
	for _, name := range []string{
		"", "klingon", "utf-7", "replacement", "iso-2022-kr", "windows-9999",
	} {
		_, known := csvfile.Named(name)
		assert.False(t, known, name)
	}
	got, err := io.ReadAll(csvfile.Translate(strings.NewReader("a\x81b"), "windows-1253"))
	require.NoError(t, err)
	assert.Equal(t, "a\xffb", string(got), "what is no character makes its row wrong")
}

// startImport: what is declared counts unless the bytes say otherwise.
func TestDeclaredEncodings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content  string
		declared csvfile.Encoding
		insisted bool
		want     csvfile.Encoding
	}{
		{"Za\xbf\xf3\xb3\xe6", "windows-1250", false, "windows-1250"},
		{"Za\xbf\xf3\xb3\xe6", csvfile.Latin1, false, csvfile.Unsure},
		{"Za\xbf\xf3\xb3\xe6", csvfile.UTF8, false, csvfile.Unsure},
		{"Za\xbf\xf3\xb3\xe6", csvfile.Unsure, false, csvfile.Unsure},
		{"Caf\xe9", csvfile.UTF8, false, csvfile.Latin1},
		{"Caf\xe9", csvfile.UTF8, true, csvfile.UTF8},
		{"plain", "windows-1250", true, "windows-1250"},
		{"Café", "windows-1250", true, csvfile.UTF8},
		{"Café", csvfile.Latin1, false, csvfile.UTF8},
		{"\xef\xbb\xbfCafé", "windows-1250", true, csvfile.UTF8BOM},
	} {
		var d csvfile.Detector
		_, err := d.Write([]byte(c.content))
		require.NoError(t, err)
		assert.Equal(
			t, c.want, d.Declared(c.declared, c.insisted), "%q as %s", c.content, c.declared,
		)
	}
}
