package catalog

import (
	"github.com/shopd/shopd/internal/platform/multipart"

	"context"
	"errors"
	"fmt"
	"io"
	stdmultipart "mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/imaging"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// The errors of an upload.
var (
	ErrInvalidImage = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "invalid_image",
		Resolution: problem.FixRequest,
		Detail:     "The file is not an image this shop takes.",
	}
	ErrImageTooLarge = &problem.Error{
		Status:     http.StatusRequestEntityTooLarge,
		Code:       "image_too_large",
		Resolution: problem.FixRequest,
		Detail:     "The image file has more than 10 MiB. Send a smaller one.",
	}
	ErrURLRefused = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "url_refused",
		Resolution: problem.FixRequest,
		Detail: "The image cannot be fetched from there. Give the address of a file on a public " +
			"web server, or upload the file.",
	}
)

// upload is a new image of a product, rendered in all sizes.
type upload struct {
	renditions []imaging.Rendition
	alt        *string
	isPrimary  bool
	position   *int32
}

// Limits of the fields of an upload.
const (
	maxAlt      = 500 // characters
	maxPosition = 1000
)

// fetchUpload downloads and renders the image at a URL.
func (c *Catalog) fetchUpload(ctx context.Context, b *api.ImageFetch) (upload, error) {
	u := upload{alt: b.Alt, isPrimary: optional.Value(b.IsPrimary), position: b.Position}
	if err := checkAlt(optional.Value(b.Alt)); err != nil {
		return u, err
	}
	download, err := c.settings.Fetch.Get(ctx, b.URL, imaging.MaxBytes)
	if err != nil {
		return u, fetchProblem(err)
	}
	defer func() { _ = download.Close() }()
	body := &media.Source{Reader: download}
	u.renditions, err = imaging.Process(ctx, body)
	if body.Failed != nil {
		return u, fetchProblem(body.Failed)
	}
	return u, imageProblem(err)
}

// fetchProblem returns the same problem for every failed download, except for a file that is too
// large: the response must not reveal what a refused address returned.
func fetchProblem(err error) error {
	switch {
	case errors.Is(err, safehttp.ErrTooLarge):
		return ErrInvalidImage.Detailf("%s.", sentence(imaging.ErrTooLarge)).Because(err)
	case errors.Is(err, safehttp.ErrRefused), errors.Is(err, safehttp.ErrStatus):
		return ErrURLRefused.Because(err)
	}
	return err
}

// readUpload reads a multipart form as it arrives. It renders the file before it reads the next
// part, so that only the file is in memory.
func readUpload(ctx context.Context, parts *stdmultipart.Reader) (u upload, err error) {
	form := multipart.Form{
		File: func(part *stdmultipart.Part) error { return u.readFile(ctx, part) },
		Texts: map[string]func(string) error{
			"alt": func(text string) error {
				u.alt = &text
				return checkAlt(text)
			},
			"is_primary": func(text string) error {
				if text != "true" && text != "false" {
					return multipart.Invalid("is_primary", "must be true or false")
				}
				u.isPrimary = text == "true"
				return nil
			},
			"position": func(text string) error {
				position, err := strconv.ParseInt(text, 10, 32)
				if err != nil || position < 0 || position > maxPosition {
					return multipart.Invalid(
						"position", fmt.Sprintf("must be a number from 0 to %d", maxPosition),
					)
				}
				u.position = new(int32(position))
				return nil
			},
		},
	}
	err = form.Read(parts)
	return u, err
}

func (u *upload) readFile(ctx context.Context, part io.Reader) (err error) {
	body := &media.Source{Reader: part}
	u.renditions, err = imaging.Process(ctx, body)
	if body.Failed != nil {
		return multipart.ReadError(body.Failed)
	}
	return imageProblem(err)
}

// checkAlt returns an error for an alternative text that is too long, not UTF-8, or holds control
// characters.
func checkAlt(text string) error {
	message := ""
	switch {
	case !utf8.ValidString(text):
		message = "is not valid UTF-8"
	case utf8.RuneCountInString(text) > maxAlt:
		message = fmt.Sprintf("must have at most %d characters", maxAlt)
	case strings.ContainsFunc(text, unicode.IsControl):
		message = "holds control characters"
	default:
		return nil
	}
	return problem.Invalid(problem.Field{Pointer: "/alt", Message: message})
}

// imageProblem returns the problem of a file that is not an image this shop accepts.
func imageProblem(err error) error {
	if errors.Is(err, imaging.ErrTooLarge) {
		return ErrImageTooLarge
	}
	for _, known := range []error{
		imaging.ErrUnsupported, imaging.ErrHEIC, imaging.ErrAVIF, imaging.ErrTooManyPixels,
		imaging.ErrDamaged,
	} {
		if errors.Is(err, known) {
			return ErrInvalidImage.Detailf("%s.", sentence(known)).Because(err)
		}
	}
	return err
}

// sentence returns an error's text beginning with a capital letter.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
