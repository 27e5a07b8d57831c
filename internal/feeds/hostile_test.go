package feeds_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport: hostile files. They become rows with errors, or one clear refusal; the good rows
// around them are imported, and memory stays flat.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const head = "id,title,price\n"
	bomb := func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		file, err := w.Create("products.csv")
		require.NoError(t, err)
		_, err = file.Write(make([]byte, 8<<20))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.Bytes()
	}
	lone := wide(head+"S1,good,1\n", false, true)
	lone = append(lone, 'S', 0, '2', 0, ',', 0, 0x00, 0xD8, 'x', 0, ',', 0, '1', 0, '\n', 0)
	lone = append(lone, wide("S3,good,1\n", false, false)...)
	lone = append(lone, 'S') // half a character
	cases := []struct {
		name, content string
		// the whole file, as the import says; or by the upload, with its detail
		refused    string
		counts     [4]int64
		complaints []string
	}{
		{name: "zip bomb", content: string(bomb()), refused: "ZIP archive"},
		{
			name:       "NULs in a row",
			content:    head + "N1,a\x00b,1\nN2,good,1\n",
			counts:     [4]int64{1, 0, 0, 1},
			complaints: []string{"2 : holds the character U+0000"},
		},
		{name: "NULs alone", content: strings.Repeat("\x00", 1<<20), refused: "The first row"},
		{
			name:       "a line of 10 MB",
			content:    head + "L1,good,1\nL2," + strings.Repeat("x", 10<<20) + ",1\nL3,good,1\n",
			counts:     [4]int64{2, 0, 0, 1},
			complaints: []string{"3 : is longer than 1048576 bytes"},
		},
		{
			name:    "a header of 10 MB",
			content: strings.Repeat("x", 10<<20),
			refused: "is longer than",
		},
		{
			name:    "a quote that never closes",
			content: head + "Q1,good,1\nQ2,\"open,1\nQ3,good,1\n" + strings.Repeat("y,z,1\n", 10),
			counts:  [4]int64{3, 0, 0, 10},
			complaints: []string{
				"3 : opens a quote that is never closed", "6 id: is that of a row before",
				"7 id: is that of a row before", "8 id: is that of a row before",
				"9 id: is that of a row before", "10 id: is that of a row before",
				"11 id: is that of a row before", "12 id: is that of a row before",
				"13 id: is that of a row before", "14 id: is that of a row before",
			},
		},
		{
			name:       "a quote that never closes in more than a row may have",
			content:    head + "O1,\"open,1\n" + strings.Repeat("\n", 5<<18) + "O2,good,1\n",
			counts:     [4]int64{1, 0, 0, 1},
			complaints: []string{"2 : opens a quote that is never closed"},
		},
		{
			name:       "a quote inside",
			content:    head + "I1,\"a\" b,1\nI2,good,1\n",
			counts:     [4]int64{1, 0, 0, 1},
			complaints: []string{"2 : has a quote in the middle of a quoted cell: write it twice"},
		},
		{
			name:    "a million columns",
			content: strings.Repeat("c,", 1_000_000) + "\n",
			refused: "is longer than",
		},
		{
			name:    "many columns",
			content: strings.Repeat("c,", 1000) + "\n",
			refused: "has more than 500 cells",
		},
		{
			name:       "a million cells",
			content:    head + strings.Repeat("M,", 1_000_000) + "\nM2,good,1\n",
			counts:     [4]int64{1, 0, 0, 1},
			complaints: []string{"2 : is longer than 1048576 bytes"},
		},
		{
			name:       "another encoding in the middle",
			content:    head + "E1,Café Äpfel Öl Übung,1\nE2,Caf\xe9,1\nE3,good,1\n",
			counts:     [4]int64{2, 0, 0, 1},
			complaints: []string{"3 : holds bytes that are no text in the file's encoding"},
		},
		{
			name:    "lone surrogates",
			content: string(lone),
			counts:  [4]int64{2, 0, 0, 2},
			complaints: []string{
				"3 : holds bytes that are no text in the file's encoding",
				"5 : holds bytes that are no text in the file's encoding",
			},
		},
		{
			name:       "ids that come twice, far apart",
			content:    head + "D0,first,1\n" + strings.Join(numbered(700), "") + "D0,second,2\n",
			counts:     [4]int64{701, 0, 0, 1},
			complaints: []string{"703 id: is that of a row before"},
		},
		{
			name:       "formulas",
			content:    head + "F1,\"=HYPERLINK(\"\"http://x\"\")\",1\nF2,'=1+1,1\nF3,@SUM,1\n",
			counts:     [4]int64{3, 0, 0, 0},
			complaints: []string{},
		},
		{name: "no key", content: "name,price\nx,1\n", refused: "no column id, sku or gtin"},
		{name: "blank", content: "\n\n\n", refused: "is empty"},
		{name: "JSON", content: `[{"id": 1}]`, refused: "no column id, sku or gtin"},
		{name: "header alone", content: head, counts: [4]int64{}, complaints: []string{}},
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			products := apitest.Value[int64](shop, "SELECT count(*) FROM products")
			var started api.Import
			answer := admin.Post(imports, form(t, []byte(c.content)))
			if answer.Status == http.StatusUnprocessableEntity {
				assert.Contains(
					t, answer.Problem(http.StatusUnprocessableEntity, "not_a_feed").Detail,
					c.refused,
				)
				require.NotEmpty(t, c.refused)
				return
			}
			answer.Want(http.StatusAccepted).Into(&started)
			done := work(t, shop, admin, started.ID)
			if c.refused != "" {
				assert.Equal(t, api.ImportStatusFailed, done.Status)
				require.NotNil(t, done.Message)
				assert.Contains(t, *done.Message, c.refused)
				assert.Equal(
					t, products, apitest.Value[int64](shop, "SELECT count(*) FROM products"),
					"nothing is half done",
				)
				return
			}
			assert.Equal(t, c.complaints, complaints(admin, done.ID))
			assert.Equal(t, c.counts, counted(done))
			assert.Equal(
				t, products+c.counts[0],
				apitest.Value[int64](shop, "SELECT count(*) FROM products"),
			)
		})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapInuse)-int64(before.HeapInuse), int64(64<<20))
	shop.RequireSound()
}

func numbered(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("D%d,some,1\n", i+1)
	}
	return rows
}
