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

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// prepare makes sure that the file is in the storage, is UTF-8, and was scanned once to its end.
// Each step is done once, however often the import is resumed.
func (r *runner) prepare(ctx context.Context) error {
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
		err = r.useHeader(header)
	}
	return err
}

// fetch downloads the file from its address.
func (r *runner) fetch(ctx context.Context) error {
	if r.URL == nil {
		return refusal("The file is not there any more.")
	}
	download, err := r.settings.Fetch.Get(ctx, *r.URL, MaxFile)
	if err != nil {
		return unfetched(err)
	}
	defer func() { _ = download.Close() }()
	kept, err := r.storeUpload(ctx, download)
	if err != nil {
		return unfetched(err)
	}
	return r.storeFile(ctx, kept)
}

// unfetched returns the same refusal for every failure of a download, so that it reveals nothing
// about private networks. Files that are no feeds and too large files keep their own.
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

// storedFile is a file in the storage.
type storedFile struct {
	name     string
	encoding csvfile.Encoding
	size     int64
}

// storeUpload stores a file and detects its encoding on the way.
func (f *Feeds) storeUpload(ctx context.Context, content io.Reader) (storedFile, error) {
	var detector csvfile.Detector
	name, err := f.store.Keep(ctx, io.TeeReader(content, &detector))
	return storedFile{name, detector.Encoding(), detector.Size()}, err
}

// isUTF8 reports whether a file can be read without a translation.
func isUTF8(e csvfile.Encoding) bool { return e == csvfile.UTF8 || e == csvfile.UTF8BOM }

// displayName returns the usual name of an encoding.
func displayName(e csvfile.Encoding) string {
	if e == csvfile.UTF8BOM {
		return string(csvfile.UTF8)
	}
	return string(e)
}

// storeFile records the file that the import reads from now on.
func (r *runner) storeFile(ctx context.Context, k storedFile) error {
	name := displayName(k.encoding)
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

// translate stores a copy of the file in UTF-8, in which any position can be found again.
func (r *runner) translate(ctx context.Context) error {
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

func (r *runner) open(ctx context.Context, from int64) (io.ReadCloser, error) {
	if from > 0 && from >= r.Size { // some storages refuse to read from the end of a file
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	file, err := r.store.ReadKept(ctx, *r.File, from)
	if errors.Is(err, media.ErrNotFound) {
		return nil, refusal("The file is not there any more.")
	}
	return file, err
}

const byteOrderMark = "\xef\xbb\xbf"

// begin opens the file behind its byte order mark and a line such as "sep=;", which spreadsheets
// write, and returns the delimiter of its cells.
func (r *runner) begin(
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

// readHeader returns the names of the columns and the place of the row behind them.
func (r *runner) readHeader(ctx context.Context, delimiter byte) ([]string, csvfile.Place, error) {
	file, in, _, at, err := r.begin(ctx)
	if err != nil {
		return nil, at, err
	}
	defer func() { _ = file.Close() }()
	record, err := csvfile.NewReader(in, delimiter, at).Next()
	return record.Cells, record.Next, err
}

func (r *runner) useHeader(header []string) error {
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

// scan reads the file once to its end, counts its rows and finds keys that come twice. It needs 8
// bytes of memory a row.
func (r *runner) scan(ctx context.Context) error {
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
	if err := r.useHeader(header.Cells); err != nil {
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
	if err == nil {
		r.Import = now
	}
	return postgres.NotFound(err, errTakenOver)
}

// maxRepeated is how many repeated keys are found; of others, the last row counts.
const maxRepeated = 10_000

func (r *runner) countRows(
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

// keyHash returns the hash of a row's key, or 0 if it has none.
func keyHash(key string) int64 {
	if key == "" {
		return 0
	}
	return int64(xxhash.Sum64String(key) >> 1)
}
