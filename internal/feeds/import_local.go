package feeds

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Options of an import from the command line.
type Options struct {
	Source     string // the name of the file, or the address it is fetched from
	DryRun     bool
	NoImages   bool
	BatchSize  int32    // 0: the default
	AllowFree  bool     // prices may be 0
	Attributes []string // columns that become public attributes; * for all
	Encoding   string   // empty: detected
	Login      string   // user:password for an address; empty: none
	ImageBase  string   // address before image paths without a server; empty: none
}

// ImportFile imports a file in this process and returns the import as it ended. content is nil for
// a file that is fetched from o.Source. If this process dies, a server continues the import.
// progress is called after each batch.
func (f *Feeds) ImportFile(
	ctx context.Context, content io.Reader, o Options, progress func(db.Import),
) (db.Import, error) {
	params := db.StartImportParams{
		Source:     o.Source,
		DryRun:     o.DryRun,
		Images:     !o.NoImages,
		BatchSize:  o.BatchSize,
		AllowFree:  o.AllowFree,
		Attributes: optional.List(o.Attributes),
	}
	if o.ImageBase != "" {
		if !isAddress(o.ImageBase) {
			return db.Import{}, ErrNotAFeed.Detailf("The base of image paths %s.", messageImageBase)
		}
		params.ImageBase = &o.ImageBase
	}
	declared := csvfile.Unsure
	if o.Encoding != "" {
		known := false
		if declared, known = csvfile.Named(o.Encoding); !known {
			return db.Import{}, ErrNotAFeed.Detailf("The encoding %s", messageEncoding+".")
		}
	}
	if params.BatchSize == 0 {
		params.BatchSize = defaultBatch
	}
	if content == nil {
		source, err := withoutSecrets(o.Source)
		if err != nil {
			return db.Import{}, err
		}
		address := o.Source
		if user, password, _ := strings.Cut(o.Login, ":"); o.Login != "" {
			if address, err = withLogin(address, &user, &password); err != nil {
				return db.Import{}, err
			}
		}
		params.URL, params.Source = &address, source
		if declared != csvfile.Unsure {
			params.Encoding = new(string(declared))
		}
	} else {
		file, err := f.storeUpload(ctx, content, declared, declared != csvfile.Unsure)
		var notText csvfile.ErrNotText
		if errors.As(err, &notText) {
			err = ErrNotAFeed.Detailf("%s", notText.Error())
		} else if errors.Is(err, errUnsure) {
			err = ErrNotAFeed.Detailf("%s", errUnsure.Error())
		}
		if err != nil {
			return db.Import{}, err
		}
		encoding := displayName(file.encoding)
		params.IsGuessed = file.isGuessed
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
