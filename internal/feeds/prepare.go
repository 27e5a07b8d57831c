package feeds

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// prepare makes sure that the file is in the storage, is UTF-8, and was read once to its end. Each
// of these is done once, however often the import is taken up again.
func (r *run) prepare(ctx context.Context) error {
	if r.File == nil {
		if err := r.fetch(ctx); err != nil {
			return err
		}
	}
	if !r.IsUtf8 {
		if err := r.translate(ctx); err != nil {
			return err
		}
	}
	if r.RowsTotal == nil {
		return r.scan(ctx)
	}
	header, _, err := r.readHeader(ctx, (*r.Delimiter)[0])
	if err == nil {
		err = r.understand(header)
	}
	return err
}

// fetch takes the file from where it lies on the web.
func (r *run) fetch(ctx context.Context) error {
	if r.URL == nil {
		return refusal("The file is not there any more.")
	}
	download, err := r.settings.Fetch.Get(ctx, *r.URL, MaxFile)
	if err != nil {
		return unfetched(err)
	}
	defer func() { _ = download.Close() }()
	kept, err := r.keep(ctx, download)
	if err != nil {
		return unfetched(err)
	}
	return r.storeFile(ctx, kept)
}

// unfetched makes every failure of a fetch the same refusal, but for files that are no feeds.
func unfetched(err error) error {
	var notText csvfile.ErrNotText
	switch {
	case errors.As(err, &notText):
		return refusal(notText.Error())
	case errors.Is(err, safehttp.ErrTooLarge):
		return refusal(ErrTooLarge.Detail)
	case errors.Is(err, safehttp.ErrRefused), errors.Is(err, safehttp.ErrStatus):
		return refusal(errUnfetched)
	}
	return err
}

// kept is a file in the storage.
type kept struct {
	name     string
	encoding csvfile.Encoding
	size     int64
}

// keep stores a file, finding out meanwhile what it is.
func (f *Feeds) keep(ctx context.Context, content io.Reader) (kept, error) {
	var detector csvfile.Detector
	name, err := f.store.Keep(ctx, io.TeeReader(content, &detector))
	return kept{name, detector.Encoding(), detector.Size()}, err
}

// isUTF8 reports whether a file can be read as it is.
func isUTF8(e csvfile.Encoding) bool { return e == csvfile.UTF8 || e == csvfile.UTF8BOM }

// nameOf is an encoding as people know it.
func nameOf(e csvfile.Encoding) string {
	if e == csvfile.UTF8BOM {
		return string(csvfile.UTF8)
	}
	return string(e)
}

// storeFile writes down what file is worked on from now on, and removes the one before.
func (r *run) storeFile(ctx context.Context, k kept) error {
	name := nameOf(k.encoding)
	stored, err := r.queries.StoreImportFile(ctx, db.StoreImportFileParams{
		ID:       r.ID,
		Runner:   r.name,
		File:     &k.name,
		Encoding: &name,
		IsUtf8:   isUTF8(k.encoding),
		Size:     k.size,
	})
	if err == nil && stored == 0 {
		err = errTakenOver
	}
	if err != nil {
		return errors.Join(err, r.store.Discard(context.WithoutCancel(ctx), k.name))
	}
	r.File, r.Encoding, r.IsUtf8, r.Size = &k.name, &name, isUTF8(k.encoding), k.size
	return nil
}

// translate stores the file anew as UTF-8, in which a place can be found again.
func (r *run) translate(ctx context.Context) error {
	before := *r.File
	source, err := r.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	counted := &counter{Reader: csvfile.Translate(source, csvfile.Encoding(*r.Encoding))}
	name, err := r.store.Keep(ctx, counted)
	if err != nil {
		return err
	}
	original := *r.Encoding
	stored, err := r.queries.StoreImportFile(ctx, db.StoreImportFileParams{
		ID: r.ID, Runner: r.name, File: &name, Encoding: &original, IsUtf8: true, Size: counted.n,
	})
	if err == nil && stored == 0 {
		err = errTakenOver
	}
	if err != nil {
		return errors.Join(err, r.store.Discard(context.WithoutCancel(ctx), name))
	}
	r.File, r.IsUtf8, r.Size = &name, true, counted.n
	return r.store.Discard(ctx, before)
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func (r *run) open(ctx context.Context, from int64) (io.ReadCloser, error) {
	if from > 0 && from >= r.Size { // some storages refuse to read from the end on
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	file, err := r.store.ReadKept(ctx, *r.File, from)
	if errors.Is(err, media.ErrNotFound) {
		return nil, refusal("The file is not there any more.")
	}
	return file, err
}

const byteOrderMark = "\xef\xbb\xbf"

// begin opens the file behind its byte order mark and a line such as "sep=;" that spreadsheets
// write, and answers what parts its cells unless that is known.
func (r *run) begin(
	ctx context.Context,
) (file io.ReadCloser, in *bufio.Reader, delimiter byte, at csvfile.Place, err error) {
	if file, err = r.open(ctx, 0); err != nil {
		return nil, nil, 0, at, err
	}
	in, at = bufio.NewReaderSize(file, 128<<10), csvfile.Start
	head, _ := in.Peek(128 << 10) // shorter at the end of the file
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		at.Offset = int64(len(byteOrderMark))
		head = head[len(byteOrderMark):]
	}
	if line, _, found := bytes.Cut(
		head, []byte{'\n'},
	); found && len(line) <= 6 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) && len(bytes.TrimSpace(line[4:])) <= 1 &&
		len(line) > 4 {
		delimiter = line[4]
		at.Offset += int64(len(line)) + 1
		at.Line, at.Row = 2, 1
	} else {
		delimiter = csvfile.Delimiter(head)
	}
	_, err = in.Discard(int(at.Offset))
	return file, in, delimiter, at, err
}

// readHeader reads the names of the columns.
func (r *run) readHeader(ctx context.Context, delimiter byte) ([]string, csvfile.Place, error) {
	file, in, _, at, err := r.begin(ctx)
	if err != nil {
		return nil, at, err
	}
	defer func() { _ = file.Close() }()
	record, err := csvfile.NewReader(in, delimiter, at).Next()
	return record.Cells, record.Next, err
}

func (r *run) understand(header []string) error {
	l, err := readLayout(header)
	if err != nil {
		return refusal(err.Error())
	}
	r.parser = &parser{
		layout:      l,
		currency:    r.settings.Currency,
		mediaPrefix: r.settings.MediaPrefix,
	}
	return nil
}

// scan reads the file once to its end: how many rows there are, and which keys come twice. It keeps
// 8 bytes of each row in memory, and nothing else.
func (r *run) scan(ctx context.Context) error {
	file, in, delimiter, at, err := r.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	reader := csvfile.NewReader(in, delimiter, at)
	header, err := reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		return refusal("The file is empty.")
	case err != nil:
		return err
	case header.Fault != "":
		return refusal(fmt.Sprintf("The first row, which must name the columns, %s.", header.Fault))
	}
	if err := r.understand(header.Cells); err != nil {
		return err
	}
	total, repeated, err := r.countRows(ctx, reader)
	if err != nil {
		return err
	}
	now, err := r.queries.StoreImportScan(ctx, db.StoreImportScanParams{
		ID:        r.ID,
		Runner:    r.name,
		RowsTotal: &total,
		Delimiter: string(delimiter),
		Repeated:  repeated,
		Position:  header.Next.Offset,
		Line:      header.Next.Line,
		Row:       header.Next.Row,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return errTakenOver
	}
	if err == nil {
		r.Import = now
	}
	return err
}

// maxRepeated is how many keys that come twice are known; of more, the last row counts.
const maxRepeated = 10_000

func (r *run) countRows(
	ctx context.Context, reader *csvfile.Reader,
) (total int64, repeated []int64, err error) {
	var hashes []int64
	for ctx.Err() == nil {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			slices.Sort(hashes)
			repeated = []int64{}
			for i := 1; i < len(hashes) && len(repeated) < maxRepeated; i++ {
				if hashes[i] == hashes[i-1] &&
					(len(repeated) == 0 || repeated[len(repeated)-1] != hashes[i]) {
					repeated = append(repeated, hashes[i])
				}
			}
			return total, repeated, nil
		}
		if err != nil {
			return 0, nil, err
		}
		if total++; total > maxRows {
			return 0, nil, refusal(
				fmt.Sprintf("The file has more than %d rows. Import it in parts.", maxRows),
			)
		}
		if hash := keyHash(r.parser.key(record.Cells)); hash != 0 {
			hashes = append(hashes, hash)
		}
	}
	return 0, nil, ctx.Err()
}

// keyHash is what a row is told by, in 8 bytes; 0 for nothing.
func keyHash(key string) int64 {
	if key == "" {
		return 0
	}
	return int64(xxhash.Sum64String(key) >> 1)
}
