package feeds

import (
	"errors"
	"io"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

// batchReader reads a file in batches, and parts no rows of one group that follow each other.
type batchReader struct {
	reader *csvfile.Reader
	layout *layout
	most   int             // rows
	ahead  *csvfile.Record // read, and not part of a batch yet
}

// next returns up to most rows, fewer if they are large, more to complete a group; none at the end
// of the file.
func (b *batchReader) next() ([]csvfile.Record, error) {
	var batch []csvfile.Record
	var begin int64 = -1
	for {
		record, err := b.read()
		if errors.Is(err, io.EOF) {
			return batch, nil
		}
		if err != nil {
			return nil, err
		}
		isFull := len(batch) >= b.most || begin >= 0 && record.Next.Offset-begin > batchBytes
		if isFull && (len(batch) >= b.most+maxVariants || !b.joins(batch[len(batch)-1], record)) {
			b.ahead = &record
			return batch, nil
		}
		batch = append(batch, record)
		if begin < 0 {
			begin = record.Next.Offset
		}
	}
}

func (b *batchReader) read() (csvfile.Record, error) {
	if record := b.ahead; record != nil {
		b.ahead = nil
		return *record, nil
	}
	return b.reader.Next()
}

// joins reports whether two rows are of the same group.
func (b *batchReader) joins(one, other csvfile.Record) bool {
	at, there := b.layout.at[colGroup]
	return there && at < len(one.Cells) && at < len(other.Cells) && one.Cells[at] != "" &&
		one.Cells[at] == other.Cells[at]
}
