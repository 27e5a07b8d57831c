package csvfile_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

func readAll(
	t require.TestingT, src io.Reader, delimiter byte, at csvfile.Place,
) (records []csvfile.Record) {
	r := csvfile.NewReader(src, delimiter, at)
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return records
		}
		require.NoError(t, err)
		records = append(records, record)
	}
}

// What is written is read, through any reads of the source, and from any record on.
func TestRowsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(
			rapid.SampledFrom([]rune{'a', 'é', '"', ',', ';', '\n', '\r', ' ', '\t', '漢'}),
		)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 1, 8).Draw(t, "rows")
		delimiter := rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "delimiter")
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = delimiter, false
		for i := range rows {
			if rows[i][0] == "" {
				rows[i][0] = "x"
			}
		}
		require.NoError(t, w.WriteAll(rows))
		records := readAll(
			t, iotest.OneByteReader(strings.NewReader(b.String())), byte(delimiter), csvfile.Start,
		)
		require.Len(t, records, len(rows))
		for i, record := range records {
			require.Empty(t, record.Fault)
			require.Equal(t, rows[i], record.Cells)
			require.EqualValues(t, i+1, record.Row)
		}
		require.EqualValues(t, b.Len(), records[len(records)-1].Next.Offset)
		from := rapid.IntRange(0, len(rows)-1).Draw(t, "from")
		place := records[from].Next
		rest := readAll(t, strings.NewReader(b.String()[place.Offset:]), byte(delimiter), place)
		require.Len(t, rest, len(rows)-1-from)
		for i, record := range rest {
			require.Equal(t, records[from+1+i], record)
		}
	})
}

// Reader: any bytes are read without an error that is not about the file.
func TestAnythingIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("a\",\n\r\x00\xff"))).Draw(t, "bytes")
		var offset int64
		for _, record := range readAll(t, strings.NewReader(string(text)), ',', csvfile.Start) {
			if record.Next.Offset <= offset {
				t.Fatalf("no progress at %d", offset)
			}
			offset = record.Next.Offset
		}
		if offset > int64(len(text)) {
			t.Fatalf("%d is behind the end", offset)
		}
	})
}

// Reader: the ends of lines of every system.
func TestLinesEndInAnyWay(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		records := readAll(
			t, strings.NewReader("a,b"+end+end+"\"c"+end+"d\",e"), ',', csvfile.Start,
		)
		require.Len(t, records, 2, "%q", end)
		assert.Equal(t, []string{"a", "b"}, records[0].Cells)
		assert.Equal(
			t, []string{"c" + end + "d", "e"}, records[1].Cells,
			"line breaks in cells stay as they are",
		)
		assert.EqualValues(t, 3, records[1].Row)
	}
}

// Reader: an error of the source is returned.
func TestASourceThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := csvfile.NewReader(
		io.MultiReader(strings.NewReader("a,b\nc"), iotest.ErrReader(broken)), ',', csvfile.Start,
	)
	_, err := r.Next()
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorIs(t, err, broken)
}

// Delimiter: commas, semicolons, tabs and pipes.
func TestDelimiters(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]byte{
		"a,b;c,d\n": ',', "a;b;c\n1,2,3,4,5": ';', "a\tb": '\t', "a|b|c": '|', `"a,b,c";d`: ';',
		"a": ',',
	} {
		assert.Equal(t, want, csvfile.Delimiter([]byte(row)), "%q", row)
	}
}

func detect(t *testing.T, content string) csvfile.Encoding {
	t.Helper()
	var d csvfile.Detector
	_, err := io.Copy(&d, iotest.HalfReader(strings.NewReader(content)))
	require.NoError(t, err)
	assert.EqualValues(t, len(content), d.Size())
	return d.Encoding()
}

// Detector: the encoding of a file, and files that are not text.
func TestEncodings(t *testing.T) {
	t.Parallel()
	assert.Equal(t, csvfile.UTF8, detect(t, ""))
	assert.Equal(t, csvfile.UTF8, detect(t, "plain"))
	assert.Equal(t, csvfile.UTF8, detect(t, "Café 漢 😀"))
	assert.Equal(t, csvfile.UTF8, detect(t, "Café Öl Übung \xe9"), "except for one byte")
	assert.Equal(t, csvfile.UTF8BOM, detect(t, "\xef\xbb\xbfplain"))
	assert.Equal(t, csvfile.Latin1, detect(t, "Caf\xe9"))
	assert.Equal(t, csvfile.Windows, detect(t, "Caf\xe9 \x80 5"))
	assert.Equal(
		t, csvfile.Windows, detect(t, strings.Repeat("x", 100_000)+"\x93"), "however far it is",
	)
	for _, kind := range []string{"PK\x03\x04", "\x1f\x8b", "%PDF"} {
		var d csvfile.Detector
		_, err := d.Write([]byte(kind))
		var notText csvfile.ErrNotText
		require.ErrorAs(t, err, &notText)
	}
}

// Translate: any text in UTF-16 becomes UTF-8.
func TestTranslations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(rapid.String().Draw(t, "text"), "\ufeff", "")
		big := rapid.Bool().Draw(t, "big")
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			if big {
				b.Write([]byte{byte(unit >> 8), byte(unit)})
			} else {
				b.Write([]byte{byte(unit), byte(unit >> 8)})
			}
		}
		from := csvfile.UTF16LE
		if big {
			from = csvfile.UTF16BE
		}
		got, err := io.ReadAll(
			iotest.OneByteReader(csvfile.Translate(strings.NewReader(b.String()), from)),
		)
		require.NoError(t, err)
		require.Equal(t, string([]rune(text)), string(got))
	})
	windows, err := io.ReadAll(
		csvfile.Translate(strings.NewReader("\x80 \x93x\x94 \xe9\x81"), csvfile.Windows),
	)
	require.NoError(t, err)
	assert.Equal(t, "€ “x” é\xff", string(windows))
	bom, err := io.ReadAll(csvfile.Translate(strings.NewReader("\xef\xbb\xbfx"), csvfile.UTF8BOM))
	require.NoError(t, err)
	assert.Equal(t, "x", string(bom))
}
