package csvfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

func rows(t *testing.T, text string, delimiter byte, columns int) (all [][]string, odd []string) {
	t.Helper()
	r := csvfile.NewReader(strings.NewReader(text), delimiter, csvfile.Start)
	r.Columns = columns
	for {
		record, err := r.Next()
		if err != nil {
			return all, odd
		}
		if record.Fault+record.Warning != "" {
			odd = append(odd, record.Fault+record.Warning)
		}
		if record.Fault == "" {
			all = append(all, record.Cells)
		}
	}
}

// startImport: quotes as programs other than Excel write them.
func TestQuotes(t *testing.T) {
	t.Parallel()
	const swallowed = "has a cell that reads like several rows: is a quote missing, or one too " +
		"many?"
	for name, c := range map[string]struct {
		text      string
		delimiter byte
		columns   int
		want      [][]string
		odd       []string
	}{
		"inch marks in a tab file": {
			text: "t1\t\"Big TV\t5\nt2\tPipe 5\"\t5\n", delimiter: '\t', columns: 3,
			want: [][]string{{"t1", `"Big TV`, "5"}, {"t2", `Pipe 5"`, "5"}},
		},
		"an inch mark that nothing closes": {
			text: "t1\t\"Big TV\t5\nt2\tPipe\t5\n", delimiter: '\t', columns: 3,
			want: [][]string{{"t1", `"Big TV`, "5"}, {"t2", "Pipe", "5"}},
		},
		"inch marks at both ends of words": {
			text:      "t1\t\"5\" pipe\t5\n",
			delimiter: '\t',
			columns:   3,
			want:      [][]string{{"t1", `"5" pipe`, "5"}},
		},
		"a quoted cell with a line break in a tab file": {
			text:      "t1\t\"two\nlines\"\t5\n",
			delimiter: '\t',
			columns:   3,
			want:      [][]string{{"t1", "two\nlines", "5"}},
		},
		"a quoted cell with a tab": {
			text:      "t1\t\"a\tb\"\t5\n",
			delimiter: '\t',
			columns:   3,
			want:      [][]string{{"t1", "a\tb", "5"}},
		},
		"rows that a quote joins": {
			text: "t1,\"Big TV,5\nt2,Pipe 5\",5\nt3,x,5\n", delimiter: ',', columns: 3,
			want: [][]string{{"t1", "Big TV,5\nt2,Pipe 5", "5"}, {"t3", "x", "5"}},
			odd:  []string{swallowed},
		},
		"a description of several lines": {
			text: "t1,\"Big, loud.\nTwo lines, and more, yes.\",5\n", delimiter: ',', columns: 3,
			want: [][]string{{"t1", "Big, loud.\nTwo lines, and more, yes.", "5"}},
		},
		"blanks around quoted cells": {
			text:      "s1, \"Cup, blue\" , 5\n",
			delimiter: ',',
			columns:   3,
			want:      [][]string{{"s1", "Cup, blue", " 5"}},
		},
		"a quote behind a blank that opens nothing": {
			text:      "s1, \"Cup\" and saucer, 5\n",
			delimiter: ',',
			columns:   3,
			want:      [][]string{{"s1", ` "Cup" and saucer`, " 5"}},
		},
		"backslashes": {
			text: `s1,"Bad \"x\" y",5` + "\n" + `s2,"Tube 5\", black",5` + "\n" +
				`s3,"C:\",5` + "\n",
			delimiter: ',',
			columns:   3,
			want: [][]string{
				{"s1", `Bad "x" y`, "5"},
				{"s2", `Tube 5", black`, "5"},
				{"s3", `C:\`, "5"},
			},
		},
		"carriage returns": {
			text: "c1,A,5\rc2,\"Bad \"x\" y\",5\rc3,C,5\rc4,D,5\r", delimiter: ',', columns: 3,
			want: [][]string{{"c1", "A", "5"}, {"c3", "C", "5"}, {"c4", "D", "5"}},
			odd:  []string{"has a quote in the middle of a quoted cell: write it twice"},
		},
	} {
		got, odd := rows(t, c.text, c.delimiter, c.columns)
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, c.odd, odd, name)
	}
}

// startImport: lines are counted alike, however they end, and a row that is wrong costs only
// itself.
func TestLinesAreCounted(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		for _, wrong := range []string{
			"x,\"Bad \"x\" y\"", "x,a\x00b", "x,\xff", "x," + strings.Repeat("y", 2<<20),
		} {
			text := "a,b" + end + wrong + end + "\"c" + end + "d\",e" + end + "f,g" + end
			records := readAll(t, strings.NewReader(text), ',', csvfile.Start)
			if assert.Len(t, records, 4, "%q", end) {
				assert.Equal(t, []string{"f", "g"}, records[3].Cells)
				assert.NotEmpty(t, records[1].Fault)
				for i, line := range []int64{1, 2, 3, 5} {
					assert.Equal(t, line, records[i].Line, "%q row %d", end, i+1)
				}
				assert.EqualValues(t, len(text), records[3].Next.Offset)
			}
		}
	}
}
