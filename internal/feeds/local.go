package feeds

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Options of an import from the command line.
type Options struct {
	Source    string // the name of the file, or the address it is fetched from
	DryRun    bool
	NoImages  bool
	BatchSize int32 // 0: as usual
}

// ImportFile imports a file here and now, and answers what became of it; content is nil for a file
// to be fetched. Whatever ends it, servers take it up where it stopped. progress hears how far it
// is.
func (f *Feeds) ImportFile(
	ctx context.Context, content io.Reader, o Options, progress func(db.Import),
) (db.Import, error) {
	params := db.CreateImportParams{
		Source:    o.Source,
		DryRun:    o.DryRun,
		Images:    !o.NoImages,
		BatchSize: o.BatchSize,
	}
	if params.BatchSize == 0 {
		params.BatchSize = defaultBatch
	}
	if content == nil {
		source, err := sourceOf(o.Source)
		if err != nil {
			return db.Import{}, err
		}
		params.URL, params.Source = &o.Source, source
	} else {
		file, err := f.keep(ctx, content)
		var notText csvfile.ErrNotText
		if errors.As(err, &notText) {
			err = ErrNotAFeed.Detailf("%s", notText.Error())
		}
		if err != nil {
			return db.Import{}, err
		}
		encoding := nameOf(file.encoding)
		params.File, params.Encoding, params.IsUtf8, params.Size = &file.name, &encoding, isUTF8(
			file.encoding,
		), file.size
	}
	var made db.Import
	err := postgres.Tx(ctx, f.pool, func(q *db.Queries) (err error) {
		made, err = q.CreateImport(ctx, params) // without a job: this process works on it
		return err
	})
	if err != nil {
		f.forgetFile(ctx, params.File)
		return made, err
	}
	if _, err := f.Run(ctx, made.ID, time.Now().AddDate(1, 0, 0), progress); err != nil {
		return made, err
	}
	return f.queries.GetImport(ctx, made.ID, nil)
}

// Errors answers the first errors of an import.
func (f *Feeds) Errors(ctx context.Context, id int64, most int32) ([]db.ImportError, error) {
	return f.queries.ListImportErrors(ctx, db.ListImportErrorsParams{ImportID: id, PageLimit: most})
}
