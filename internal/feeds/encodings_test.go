package feeds_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// encodedFeed is a feed as some program writes it.
type encodedFeed struct {
	name                string
	content             []byte
	encoding, delimiter string
}

// encodedFeeds returns a feed in every encoding and with every delimiter; german is the feed with
// decimal commas, western the feed with signs of Windows-1252 alone.
func encodedFeeds(t *testing.T, feed, german, western string) []encodedFeed {
	t.Helper()
	windows, err := charmap.Windows1252.NewEncoder().String(western)
	require.NoError(t, err)
	return []encodedFeed{
		{"Excel's BOM", []byte("\xef\xbb\xbf" + with(t, feed, ',', "\r\n")), "utf-8", ","},
		{"UTF-16 LE", wide(feed, false, true), "utf-16le", ","},
		{"UTF-16 BE", wide(feed, true, true), "utf-16be", ","},
		{"without a BOM", wide(feed, false, false), "utf-16le", ","},
		{"Windows-1252", []byte(windows), "windows-1252", ","},
		{"semicolons", []byte(with(t, feed, ';', "\n")), "utf-8", ";"},
		{"tabs", []byte(with(t, feed, '\t', "\n")), "utf-8", "\t"},
		{"pipes", []byte(with(t, feed, '|', "\n")), "utf-8", "|"},
		{"decimal commas", []byte("sep=;\n" + with(t, german, ';', "\n")), "utf-8", ";"},
	}
}

// startImport: the same feed in any encoding becomes the same products.
func TestAnyEncodingAndDelimiter(t *testing.T) {
	t.Parallel()
	want := apitest.New(t)
	load(t, want, want.Admin(), []byte(phones))
	german := strings.NewReplacer(
		"49.99 USD", "\"49,99 USD\"", "39.99 USD", "\"US$ 39,99\"", `"1,299.00 USD"`,
		`"1.299,00 USD"`, ",9.50,", ",\"9,50\",", "$15", "\"15,00 $\"",
	).
		Replace(phones)
	for _, d := range encodedFeeds(t, phones, german, phones) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			shop := apitest.New(t)
			done := load(t, shop, shop.Admin(), d.content)
			require.Equal(t, [4]int64{5, 0, 0, 0}, counted(done), complaints(shop.Admin(), done.ID))
			assert.Equal(t, d.encoding, *done.Encoding)
			assert.Equal(t, d.delimiter, *done.Delimiter)
			assert.Equal(t, catalogueText(want), catalogueText(shop))
		})
	}
}

// startImport: a feed of your own, such as FEED=/path/to/products.csv, which is UTF-8 with commas
// between and points in its prices, in any encoding. Signs that Windows-1252 does not have are
// question marks there.
func TestRealFeedInAnyDress(t *testing.T) {
	path := os.Getenv("FEED")
	if path == "" {
		t.Skip("FEED names no file")
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	feed := string(content)
	western := strings.Map(func(r rune) rune {
		if _, there := charmap.Windows1252.EncodeRune(r); !there {
			return '?'
		}
		return r
	}, feed)
	become := func(content []byte) (done api.Import, tables string) {
		shop := apitest.New(t)
		begun := time.Now()
		done = load(t, shop, shop.Admin(), content)
		took := time.Since(begun)
		t.Logf(
			"%d bytes, %d rows in %s, %.0f rows/s: %v", len(content), *done.Rows.Total,
			took.Round(time.Millisecond), float64(*done.Rows.Total)/took.Seconds(), counted(done),
		)
		return done, catalogueText(shop)
	}
	plain, wanted := become(content)
	require.Positive(t, plain.Rows.Created)
	_, wantedWest := become([]byte(western))
	for _, d := range encodedFeeds(t, feed, withCommas(t, feed), western) {
		t.Log(d.name) // one after the other: their times are logged
		done, tables := become(d.content)
		assert.Equal(t, counted(plain), counted(done), d.name)
		assert.Equal(t, d.encoding, *done.Encoding)
		assert.Equal(t, d.delimiter, *done.Delimiter)
		want := wanted
		if d.encoding == "windows-1252" {
			want = wantedWest
		}
		assert.True(t, want == tables, "%s: the same tables", d.name) // too long to be shown
	}
}

// withCommas writes the prices of a feed as most of Europe does.
func withCommas(t *testing.T, feed string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(feed)).ReadAll()
	require.NoError(t, err)
	swap := strings.NewReplacer(".", ",", ",", ".")
	for _, row := range rows[1:] {
		for i, name := range rows[0] {
			if name == "price" || name == "sale_price" {
				row[i] = swap.Replace(row[i])
			}
		}
	}
	var b strings.Builder
	require.NoError(t, csv.NewWriter(&b).WriteAll(rows))
	return b.String()
}

// with writes a feed with another delimiter, and other line ends between its rows.
func with(t *testing.T, feed string, delimiter rune, end string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(feed)).ReadAll()
	require.NoError(t, err)
	var b, row strings.Builder
	w := csv.NewWriter(&row)
	w.Comma = delimiter
	for _, cells := range rows {
		row.Reset()
		require.NoError(t, w.Write(cells))
		w.Flush()
		b.WriteString(strings.TrimSuffix(row.String(), "\n") + end)
	}
	return b.String()
}

// wide is text in UTF-16.
func wide(text string, big, mark bool) []byte {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	content := make([]byte, 0, 2*len(units))
	for _, u := range units {
		if big {
			content = append(content, byte(u>>8), byte(u))
		} else {
			content = append(content, byte(u), byte(u>>8))
		}
	}
	return content
}
