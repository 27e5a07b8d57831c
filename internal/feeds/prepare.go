package feeds

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// prepare makes sure that the file is UTF-8 and was scanned once to its end. Each step is done
// once, however often the import is resumed.
func (r *runner) prepare(ctx context.Context) error {
	if !r.IsUtf8 {
		if err := r.translate(ctx); err != nil {
			return err
		}
	}
	if err := r.convert(ctx); err != nil {
		return err
	}
	if r.RowsTotal == nil {
		return r.scan(ctx)
	}
	header, err := r.readHeader(ctx, (*r.Delimiter)[0])
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
	address, err := url.Parse(*r.URL)
	if err != nil {
		return refusal(errUnfetched)
	}
	login := address.User
	address.User = nil
	download, err := r.settings.Fetch.GetAs(ctx, address.String(), login, MaxFile)
	if err != nil {
		return unfetched(err)
	}
	defer func() { _ = download.Close() }()
	declared, insisted := csvfile.Encoding(optional.Value(r.Encoding)), r.Encoding != nil
	if !insisted {
		declared = declaredIn(download.ContentType)
	}
	file, err := r.storeUpload(ctx, download, declared, insisted)
	if err != nil {
		return unfetched(err)
	}
	return r.storeFile(ctx, file)
}

// unfetched returns the same refusal for every failure of a download, so that it reveals nothing
// about private networks. Files that are no feeds and files that are too large have refusals of
// their own.
func unfetched(err error) error {
	var notText csvfile.ErrNotText
	switch {
	case errors.As(err, &notText):
		return refusal(notText.Error())
	case errors.Is(err, errUnsure):
		return refusal(errUnsure.Error())
	case errors.Is(err, safehttp.ErrTooLarge):
		return refusal(ErrTooLarge.Detail)
	case errors.Is(err, safehttp.ErrRefused), errors.Is(err, safehttp.ErrStatus):
		return refusal(errUnfetched)
	}
	return err
}

// storeFile records the file that the import reads from now on.
func (r *runner) storeFile(ctx context.Context, k storedFile) error {
	name := displayName(k.encoding)
	if k.size > MaxFile {
		return errors.Join(
			refusal(ErrTooLarge.Detail), r.store.DeletePrivate(context.WithoutCancel(ctx), k.name),
		)
	}
	stored, err := r.queries.StoreImportFile(ctx, db.StoreImportFileParams{
		ID:        r.ID,
		Runner:    r.name,
		File:      &k.name,
		Encoding:  &name,
		IsGuessed: k.isGuessed,
		IsUtf8:    isUTF8(k.encoding),
		Size:      k.size,
		Format:    r.Format,
	})
	if err == nil && stored == 0 {
		err = errTakenOver
	}
	if err != nil {
		return errors.Join(err, r.store.DeletePrivate(context.WithoutCancel(ctx), k.name))
	}
	r.File, r.Encoding, r.IsUtf8, r.Size = &k.name, &name, isUTF8(k.encoding), k.size
	r.IsGuessed = k.isGuessed
	return nil
}

func (r *runner) open(ctx context.Context, from int64) (io.ReadCloser, error) {
	if from > 0 && from >= r.Size { // some storages refuse to read from the end of a file
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	file, err := r.store.ReadPrivate(ctx, *r.File, from)
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
	); found && len(line) <= 6 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) &&
		len(bytes.TrimSpace(line[4:])) <= 1 &&
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

// readHeader returns the names of the columns. A delimiter of 0 is detected.
func (r *runner) readHeader(ctx context.Context, delimiter byte) ([]string, error) {
	file, in, detected, at, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if delimiter == 0 {
		delimiter = detected
	}
	record, err := csvfile.NewReader(in, delimiter, at).Next()
	return record.Cells, err
}

func (r *runner) useHeader(header []string) error {
	l, err := readLayout(header, publish(r.Attributes, r.settings.Attributes))
	if err != nil {
		return refusal(err.Error())
	}
	r.parser = &parser{
		layout:      l,
		currency:    r.settings.Currency,
		mediaPrefix: r.settings.MediaPrefix,
		zone:        r.settings.Zone,
		imageBase:   strings.TrimRight(optional.Value(r.ImageBase), "/"),
		allowFree:   r.AllowFree,
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
	reader.Columns = len(header.Cells)
	total, repeated, err := r.countRows(ctx, reader)
	if err != nil {
		return err
	}
	err = postgres.Tx(ctx, r.pool, func(q *db.Queries) error {
		now, err := q.StoreImportScan(ctx, db.StoreImportScanParams{
			ID:        r.ID,
			Runner:    r.name,
			RowsTotal: &total,
			Delimiter: string(delimiter),
			Repeated:  repeated,
			Position:  header.Next.Offset,
			Line:      header.Next.Line,
			Row:       header.Next.Row,
		})
		if err != nil {
			return err
		}
		r.Import = now
		return r.storeFileWarnings(ctx, q, header.Cells)
	})
	return postgres.NotFound(err, errTakenOver)
}

// storeFileWarnings stores what is odd about the file as a whole, as warnings of its first row.
func (r *runner) storeFileWarnings(ctx context.Context, q *db.Queries, header []string) error {
	var messages []string
	if r.IsGuessed {
		messages = append(messages, fmt.Sprintf(
			"The file does not say its encoding, and was read as %s. "+
				"If letters look wrong, import it again and name its encoding.", *r.Encoding,
		))
	}
	if program := unknownProgram(header); program != "" && r.Format == nil {
		messages = append(messages, fmt.Sprintf(
			"The file looks like an export of %s, which shopd does not know. "+
				"Its columns are read by their names alone: check a few products.", program,
		))
	}
	if ignored := r.parser.ignoredColumns(); ignored != "" {
		messages = append(messages, ignored)
	}
	faults := make([]fault, 0, len(messages))
	for _, message := range messages {
		faults = append(faults, fault{1, 1, "", message, true})
	}
	if err := storeProblems(ctx, q, r.ID, faults); err != nil || len(faults) == 0 {
		return err
	}
	return q.CountImportWarnings(ctx, int64(len(faults)), r.ID)
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
