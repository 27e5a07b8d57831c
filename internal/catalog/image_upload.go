package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	errParts = problem.BadRequest(
		"malformed_multipart", "The body's parts cannot be read to their end.",
	)
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
	maxAlt      = 500  // characters
	maxPart     = 4096 // bytes of a part that is text
	maxPosition = 1000
)

// fetchUpload downloads and renders the image at a URL.
func (c *Catalog) fetchUpload(ctx context.Context, b *api.ImageFetch) (upload, error) {
	u := upload{alt: b.Alt, isPrimary: orZero(b.IsPrimary), position: b.Position}
	if err := checkAlt(orZero(b.Alt)); err != nil {
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
// large: the response must not say what a refused address answered.
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
func readUpload(ctx context.Context, parts *multipart.Reader) (upload, error) {
	var u upload
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return u, partsProblem(err)
		}
		name := part.FormName()
		if seen[name] {
			return u, problem.Invalid(
				problem.Field{Pointer: "/" + printable(name), Message: "may be sent only once"},
			)
		}
		seen[name] = true
		if name == "file" {
			err = u.readFile(ctx, part)
		} else {
			err = u.readText(name, part)
		}
		if err != nil {
			return u, err
		}
	}
	if !seen["file"] {
		return u, problem.Invalid(problem.Field{Pointer: "/file", Message: "is required"})
	}
	return u, nil
}

func (u *upload) readFile(ctx context.Context, part io.Reader) (err error) {
	body := &media.Source{Reader: part}
	u.renditions, err = imaging.Process(ctx, body)
	if body.Failed != nil {
		return partsProblem(body.Failed)
	}
	return imageProblem(err)
}

// readText reads a part other than the file.
func (u *upload) readText(name string, part io.Reader) error {
	refuse := func(message string) error {
		return problem.Invalid(problem.Field{Pointer: "/" + printable(name), Message: message})
	}
	if name != "alt" && name != "is_primary" && name != "position" {
		return refuse("is not a part of this form")
	}
	content, err := io.ReadAll(io.LimitReader(part, maxPart+1))
	if err != nil {
		return partsProblem(err)
	}
	text := string(content)
	switch {
	case len(text) > maxPart:
		return refuse("is too long")
	case name == "alt":
		u.alt = &text
		return checkAlt(text)
	case name == "is_primary":
		if text != "true" && text != "false" {
			return refuse("must be true or false")
		}
		u.isPrimary = text == "true"
	default:
		position, err := strconv.ParseInt(text, 10, 32)
		if err != nil || position < 0 || position > maxPosition {
			return refuse(fmt.Sprintf("must be a number from 0 to %d", maxPosition))
		}
		u.position = new(int32(position))
	}
	return nil
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

// partsProblem returns the problem of a multipart body that ended early or is too large.
func partsProblem(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errParts.Because(err)
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

// printable returns a name that the client chose, without what must not be in a response.
func printable(name string) string {
	const most = 64
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return -1
	}, name)
	return string([]rune(name)[:min(most, utf8.RuneCountInString(name))])
}
