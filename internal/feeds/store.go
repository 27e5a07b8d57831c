package feeds

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
)

// errUnsure is the error for a file in an old encoding that the upload did not name.
var errUnsure = errors.New(
	"The file is neither UTF-8 nor UTF-16, and its letters do not tell its encoding. " +
		"Save it as UTF-8, or name its encoding, such as windows-1250.",
)

// storedFile is a file in the storage.
type storedFile struct {
	name      string
	encoding  csvfile.Encoding
	isGuessed bool // the encoding was inferred from its letters alone
	size      int64
}

// storeUpload stores a file, unpacked if it is compressed with gzip, and detects its encoding on
// the way. declared is the encoding that its sender says; insisted, that a person said it.
func (f *Feeds) storeUpload(
	ctx context.Context, content io.Reader, declared csvfile.Encoding, insisted bool,
) (storedFile, error) {
	in := bufio.NewReader(content)
	var plain io.Reader = in
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		plain = &gunzip{packed: in}
	}
	var detector csvfile.Detector
	name, err := f.store.StorePrivate(
		ctx, io.TeeReader(io.LimitReader(plain, MaxFile+1), &detector),
	)
	if err != nil {
		return storedFile{}, err
	}
	encoding := detector.Declared(declared, insisted)
	if detector.IsXML() {
		encoding = csvfile.UTF8 // its first line says its encoding: see convertXML
	}
	if encoding == csvfile.Unsure {
		f.discardFile(ctx, &name)
		return storedFile{}, errUnsure
	}
	isGuessed := encoding != declared && (encoding == csvfile.Windows || encoding == csvfile.Latin1)
	return storedFile{name, encoding, isGuessed, detector.Size()}, nil
}

// declaredIn returns the encoding that a media type names, such as that of "text/csv;
// charset=utf-8".
func declaredIn(mediaType string) csvfile.Encoding {
	_, params, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return csvfile.Unsure
	}
	encoding, _ := csvfile.Named(params["charset"])
	return encoding
}

// gunzip reads what is compressed with gzip.
type gunzip struct {
	packed io.Reader
	plain  *gzip.Reader
}

// Read implements io.Reader. A damaged file is csvfile.ErrNotText.
func (g *gunzip) Read(p []byte) (n int, err error) {
	if g.plain == nil {
		if g.plain, err = gzip.NewReader(g.packed); err != nil {
			return 0, csvfile.ErrNotText{Kind: "compressed with gzip, and damaged."}
		}
	}
	n, err = g.plain.Read(p)
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		errors.Is(err, io.ErrUnexpectedEOF) {
		err = csvfile.ErrNotText{Kind: "compressed with gzip, and damaged."}
	}
	return n, err
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

// translate stores a copy of the file in UTF-8, in which any position can be found again.
func (r *runner) translate(ctx context.Context) error {
	before := *r.File
	source, err := r.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	counted := &counter{Reader: csvfile.Translate(source, csvfile.Encoding(*r.Encoding))}
	name, err := r.store.StorePrivate(ctx, counted)
	if err != nil {
		return err
	}
	if err := r.recordFile(ctx, name, *r.Encoding, counted.n); err != nil {
		return err
	}
	return r.store.DeletePrivate(ctx, before)
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

// recordFile records a new file in UTF-8 that the import reads from now on.
func (r *runner) recordFile(ctx context.Context, name, original string, size int64) error {
	stored, err := r.queries.StoreImportFile(ctx, db.StoreImportFileParams{
		ID:        r.ID,
		Runner:    r.name,
		File:      &name,
		Encoding:  &original,
		IsGuessed: r.IsGuessed,
		IsUtf8:    true,
		Size:      size,
		Format:    r.Format,
	})
	if err == nil && stored == 0 {
		err = errTakenOver
	}
	if err != nil {
		return errors.Join(err, r.store.DeletePrivate(context.WithoutCancel(ctx), name))
	}
	r.File, r.IsUtf8, r.Size = &name, true, size
	return nil
}
