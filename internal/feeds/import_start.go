package feeds

import (
	"context"
	"errors"
	"io"
	standard "mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/multipart"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/request"
)

// StartImport stores an uploaded file, or the address of one, and enqueues its import.
func (f *Feeds) StartImport(
	ctx context.Context, r api.StartImportRequestObject,
) (api.StartImportResponseObject, error) {
	params := db.StartImportParams{
		UserID:    request.Actor(ctx),
		Images:    true,
		BatchSize: defaultBatch,
	}
	if r.JSONBody != nil {
		source, err := withoutSecrets(r.JSONBody.URL)
		if err != nil {
			return nil, err
		}
		address, err := withLogin(r.JSONBody.URL, r.JSONBody.Username, r.JSONBody.Password)
		if err != nil {
			return nil, err
		}
		params.URL, params.Source = &address, source
		params.AllowFree = optional.Value(r.JSONBody.AllowFree)
		if base := r.JSONBody.ImageBaseURL; base != nil && !isAddress(*base) {
			return nil, multipart.Invalid("image_base_url", messageImageBase)
		}
		params.ImageBase = r.JSONBody.ImageBaseURL
		params.Attributes = optional.List(r.JSONBody.Attributes)
		if name := optional.Value(r.JSONBody.Encoding); name != "" {
			encoding, known := csvfile.Named(name)
			if !known {
				return nil, multipart.Invalid("encoding", messageEncoding)
			}
			params.Encoding = new(string(encoding))
		}
		params.DryRun = r.JSONBody.DryRun != nil && *r.JSONBody.DryRun
		params.Images = r.JSONBody.Images == nil || *r.JSONBody.Images
		if r.JSONBody.BatchSize != nil {
			params.BatchSize = *r.JSONBody.BatchSize
		}
	} else if err := f.readUpload(ctx, r.MultipartBody, &params); err != nil {
		f.discardFile(ctx, params.File)
		return nil, err
	}
	row, err := f.enqueue(ctx, params)
	if err != nil {
		f.discardFile(ctx, params.File)
		return nil, err
	}
	return api.StartImport202JSONResponse{Body: importBody(row)}, nil
}

// enqueue creates an import and the job that runs it, in one transaction.
func (f *Feeds) enqueue(
	ctx context.Context, params db.StartImportParams,
) (made db.Import, err error) {
	err = f.queue.TxMany(
		ctx,
		func(q *db.Queries, insert func([]river.InsertManyParams) error) (err error) {
			if made, err = q.StartImport(ctx, params); err != nil {
				return err
			}
			return insert(
				[]river.InsertManyParams{
					{Args: ImportJob{made.ID}, InsertOpts: &river.InsertOpts{Queue: jobs.Imports}},
				},
			)
		},
	)
	return made, err
}

// withoutSecrets returns an address for people to read: without its query and fragment, which may
// hold secrets.
func withoutSecrets(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errURL
	}
	u.RawQuery, u.Fragment, u.ForceQuery = "", "", false
	return u.String(), nil
}

// messageImageBase is the error for a base of image paths that is none.
const messageImageBase = "is not an http or https address"

// messageEncoding is the error for the name of an unknown encoding.
const messageEncoding = "is not the name of an encoding, such as windows-1250 or iso-8859-2"

// withLogin returns an address with a user and a password, which are stored with it until the
// import ends and never shown.
func withLogin(address string, username, password *string) (string, error) {
	if username == nil && password == nil {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", errURL
	}
	u.User = url.UserPassword(optional.Value(username), optional.Value(password))
	return u.String(), nil
}

// discardFile deletes a stored file, if there is one. A failure is only logged: SweepFiles deletes
// the file later.
func (f *Feeds) discardFile(ctx context.Context, name *string) {
	if name == nil {
		return
	}
	if err := f.store.DeletePrivate(context.WithoutCancel(ctx), *name); err != nil {
		f.settings.Log.WarnContext(
			ctx, "the file of an import could not be deleted", "file", *name, "error", err.Error(),
		)
	}
}

// readUpload reads a form as it arrives. The file is streamed to the storage.
func (f *Feeds) readUpload(
	ctx context.Context, parts *standard.Reader, to *db.StartImportParams,
) error {
	to.Attributes = []string{}
	declared := csvfile.Unsure
	yesOrNo := func(name string, set func(bool)) func(string) error {
		return func(text string) error {
			if text != "true" && text != "false" {
				return multipart.Invalid(name, "must be true or false")
			}
			set(text == "true")
			return nil
		}
	}
	err := multipart.Form{
		File: func(part *standard.Part) error {
			if declared == csvfile.Unsure {
				return f.readFile(ctx, part, declaredIn(part.Header.Get("Content-Type")), false, to)
			}
			return f.readFile(ctx, part, declared, true, to)
		},
		Texts: map[string]func(string) error{
			"dry_run":    yesOrNo("dry_run", func(yes bool) { to.DryRun = yes }),
			"images":     yesOrNo("images", func(yes bool) { to.Images = yes }),
			"allow_free": yesOrNo("allow_free", func(yes bool) { to.AllowFree = yes }),
			"image_base_url": func(text string) error {
				if len(text) > maxURL || !isAddress(text) {
					return multipart.Invalid("image_base_url", messageImageBase)
				}
				to.ImageBase = &text
				return nil
			},
			"attributes": func(text string) error {
				for name := range strings.SplitSeq(text, ",") {
					if name = strings.TrimSpace(name); name != "" {
						to.Attributes = append(to.Attributes, name)
					}
				}
				return nil
			},
			"encoding": func(text string) (err error) {
				known := false
				if declared, known = csvfile.Named(text); !known {
					return multipart.Invalid("encoding", messageEncoding)
				}
				if to.File != nil {
					return multipart.Invalid("encoding", "must stand before the file")
				}
				return nil
			},
			"batch_size": func(text string) error {
				size, err := strconv.ParseInt(text, 10, 32)
				if err != nil || size < 1 || size > MaxBatchSize {
					return multipart.Invalid("batch_size", "must be a number from 1 to 2000")
				}
				to.BatchSize = int32(size)
				return nil
			},
		},
	}.Read(parts)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return ErrTooLarge
	}
	return err
}

// readFile stores the uploaded file.
func (f *Feeds) readFile(
	ctx context.Context, part *standard.Part, declared csvfile.Encoding, insisted bool,
	to *db.StartImportParams,
) error {
	body := &media.Source{Reader: io.LimitReader(part, MaxFile+1)}
	file, err := f.storeUpload(ctx, body, declared, insisted)
	var notText csvfile.ErrNotText
	switch {
	case body.Failed != nil:
		return multipart.ReadError(body.Failed)
	case errors.As(err, &notText):
		return ErrNotAFeed.Detailf("%s", notText.Error())
	case errors.Is(err, errUnsure):
		return ErrNotAFeed.Detailf("%s", errUnsure.Error())
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return ErrStorage.Because(err)
	}
	encoding := displayName(file.encoding)
	to.IsGuessed = file.isGuessed
	to.File, to.Encoding, to.IsUtf8, to.Size = &file.name, &encoding, isUTF8(
		file.encoding,
	), file.size
	if to.Source = multipart.Printable(
		path.Base(strings.ReplaceAll(part.FileName(), `\`, "/")),
	); to.Source == "" || to.Source == "." ||
		to.Source == "/" {
		to.Source = "upload"
	}
	switch {
	case file.size == 0:
		return ErrNotAFeed.Detailf("The file is empty.")
	case file.size > MaxFile:
		return ErrTooLarge
	}
	return nil
}
