package feeds

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// StartImport takes a file, or the address of one, and has it imported.
func (f *Feeds) StartImport(
	ctx context.Context, r api.StartImportRequestObject,
) (api.StartImportResponseObject, error) {
	params := db.CreateImportParams{
		UserID:    new(request.From(ctx).Principal.UserID),
		Images:    true,
		BatchSize: defaultBatch,
	}
	if r.JSONBody != nil {
		source, err := sourceOf(r.JSONBody.URL)
		if err != nil {
			return nil, err
		}
		params.URL, params.Source = &r.JSONBody.URL, source
		params.DryRun = r.JSONBody.DryRun != nil && *r.JSONBody.DryRun
		params.Images = r.JSONBody.Images == nil || *r.JSONBody.Images
		if r.JSONBody.BatchSize != nil {
			params.BatchSize = *r.JSONBody.BatchSize
		}
	} else if err := f.readUpload(ctx, r.MultipartBody, &params); err != nil {
		f.forgetFile(ctx, params.File)
		return nil, err
	}
	row, err := f.enqueue(ctx, params)
	if err != nil {
		f.forgetFile(ctx, params.File)
		return nil, err
	}
	return api.StartImport202JSONResponse{Body: importBody(row)}, nil
}

// sourceOf is what people are told of an address: all but what may be secret in it.
func sourceOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errURL
	}
	u.RawQuery, u.Fragment, u.ForceQuery = "", "", false
	return u.String(), nil
}

func (f *Feeds) forgetFile(ctx context.Context, name *string) {
	if name == nil {
		return
	}
	if err := f.store.Discard(context.WithoutCancel(ctx), *name); err != nil {
		f.settings.Log.WarnContext(
			ctx, "the file of an import stays behind", "file", *name, "error", err.Error(),
		)
	}
}

// readUpload reads a form of parts as it arrives: the file goes to the storage, and nothing of it
// stays in memory.
func (f *Feeds) readUpload(
	ctx context.Context, parts *multipart.Reader, to *db.CreateImportParams,
) error {
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return partsProblem(err)
		}
		name := part.FormName()
		if seen[name] {
			return invalid(name, "may be sent only once")
		}
		seen[name] = true
		if name == "file" {
			err = f.readFile(ctx, part, to)
		} else {
			err = readOption(name, part, to)
		}
		if err != nil {
			return err
		}
	}
	if !seen["file"] {
		return invalid("file", "is required")
	}
	return nil
}

func invalid(name, message string) error {
	return problem.Invalid(problem.Field{Pointer: "/" + printable(name), Message: message})
}

// printable is a name that a client made up, fit for an answer.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, name)
	return clip(name)
}

func (f *Feeds) readFile(
	ctx context.Context, part *multipart.Part, to *db.CreateImportParams,
) error {
	body := &media.Source{Reader: io.LimitReader(part, MaxFile+1)}
	file, err := f.keep(ctx, body)
	var notText csvfile.ErrNotText
	switch {
	case body.Failed != nil:
		return partsProblem(body.Failed)
	case errors.As(err, &notText):
		return ErrNotAFeed.Detailf("%s", notText.Error())
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return ErrStorage.Because(err)
	}
	encoding := nameOf(file.encoding)
	to.File, to.Encoding, to.IsUtf8, to.Size = &file.name, &encoding, isUTF8(
		file.encoding,
	), file.size
	if to.Source = printable(
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

// readOption reads a part that is not the file.
func readOption(name string, part io.Reader, to *db.CreateImportParams) error {
	content, err := io.ReadAll(io.LimitReader(part, 17))
	if err != nil {
		return partsProblem(err)
	}
	text := string(content)
	switch name {
	case "dry_run", "images":
		if text != "true" && text != "false" {
			return invalid(name, "must be true or false")
		}
		if name == "images" {
			to.Images = text == "true"
		} else {
			to.DryRun = text == "true"
		}
	case "batch_size":
		size, err := strconv.ParseInt(text, 10, 32)
		if err != nil || size < 1 || size > MaxBatchSize {
			return invalid(name, "must be a number from 1 to 2000")
		}
		to.BatchSize = int32(size)
	default:
		return invalid(name, "is not a part of this form")
	}
	return nil
}

// partsProblem explains a body of parts that ended early or is too large.
func partsProblem(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return ErrTooLarge
	case errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return errParts.Because(err)
}
