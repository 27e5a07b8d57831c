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
	BatchSize int32 // 0: the default
}

// ImportFile imports a file in this process and returns the import as it ended. content is nil for
// a file that is fetched from o.Source. If this process dies, a server continues the import.
// progress is called after each batch.
func (f *Feeds) ImportFile(
	ctx context.Context, content io.Reader, o Options, progress func(db.Import),
) (db.Import, error) {
	params := db.StartImportParams{
		Source:    o.Source,
		DryRun:    o.DryRun,
		Images:    !o.NoImages,
		BatchSize: o.BatchSize,
	}
	if params.BatchSize == 0 {
		params.BatchSize = defaultBatch
	}
	if content == nil {
		source, err := withoutSecrets(o.Source)
		if err != nil {
			return db.Import{}, err
		}
		params.URL, params.Source = &o.Source, source
	} else {
		file, err := f.storeUpload(ctx, content)
		var notText csvfile.ErrNotText
		if errors.As(err, &notText) {
			err = ErrNotAFeed.Detailf("%s", notText.Error())
		}
		if err != nil {
			return db.Import{}, err
		}
		encoding := displayName(file.encoding)
		params.File, params.Encoding, params.IsUtf8, params.Size = &file.name, &encoding, isUTF8(
			file.encoding,
		), file.size
	}
	var made db.Import
	err := postgres.Tx(ctx, f.pool, func(q *db.Queries) (err error) {
		made, err = q.StartImport(ctx, params) // without a job: this process runs it
		return err
	})
	if err != nil {
		f.discardFile(ctx, params.File)
		return made, err
	}
	if _, err := f.RunImport(ctx, made.ID, time.Now().AddDate(1, 0, 0), progress); err != nil {
		return made, err
	}
	return f.queries.GetImport(ctx, made.ID, nil)
}
