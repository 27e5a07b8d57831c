// Package imaging renders uploaded image files in the sizes that a shop shows. Each rendition is
// encoded by this program from decoded pixels, so it contains no bytes of the upload, and none of
// its metadata or hidden content.
package imaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// Limits of an upload.
const (
	MaxBytes  = 10 << 20
	MaxPixels = 40_000_000 // of all frames together
)

const jpegQuality = 85

// edges are the longest edges of the renditions in pixels.
var edges = []int{1600, 800, 320}

// Reasons to refuse an upload.
var (
	ErrTooLarge      = errors.New("the image file has more than 10 MiB")
	ErrUnsupported   = errors.New("the file is not a JPEG, PNG, WebP or GIF image")
	ErrTooManyPixels = errors.New("the image has more than 40 megapixels")
	ErrDamaged       = errors.New("the image file is damaged")
	ErrHEIC          = errors.New("the file is a HEIC picture, as phones save them: " +
		"export it as JPEG, or set the camera to its most compatible format")
	ErrAVIF = errors.New("the file is an AVIF picture: save it as WebP, JPEG or PNG")
)

// Rendition is an image in one size.
type Rendition struct {
	Content       []byte
	Extension     string // .jpg, or .png if a pixel is transparent
	Width, Height int    // pixels
}

// Process reads an upload and returns its renditions, smallest first: one per edge, none larger
// than the original and none twice. The format is recognized by the content only. The image is
// turned upright as its EXIF data says; of an animation the first frame is used; colours are read
// as sRGB. The error is one of this package, of ctx, or of r.
func Process(ctx context.Context, r io.Reader) ([]Rendition, error) {
	content, as, err := read(r)
	if err != nil {
		return nil, err
	}
	return process(ctx, content, as)
}

func process(ctx context.Context, content []byte, as kind) (renditions []Rendition, err error) {
	defer func() {
		if panicked := recover(); panicked != nil { // a decoder may panic on a hostile file
			renditions, err = nil, fmt.Errorf("%w: %v", ErrDamaged, panicked)
		}
	}()
	turned := orientation(content, as)
	if as == isWebP && isAnimated(content) {
		content = firstFrame(content)
	}
	memory, err := check(content, as)
	if err != nil {
		return nil, err
	}
	if err := decoding.Acquire(ctx, memory); err != nil {
		return nil, err
	}
	defer release(memory)
	return decodeAndRender(ctx, content, as, turned)
}

// decodeAndRender is a function of its own, so that nothing refers to the image when it returns.
func decodeAndRender(
	ctx context.Context, content []byte, as kind, turned int,
) ([]Rendition, error) {
	original, err := decode(content, as)
	if err != nil {
		return nil, explain(err)
	}
	if original.Bounds().Empty() {
		return nil, ErrDamaged
	}
	return render(ctx, original, turned)
}

// read reads the upload into memory, unless its first bytes show that it is no image.
func read(r io.Reader) ([]byte, kind, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, unknown, fmt.Errorf("read the upload: %w", err)
	}
	as := sniff(head[:n])
	switch as {
	case unknown:
		return nil, unknown, ErrUnsupported
	case isHEIC:
		return nil, unknown, ErrHEIC
	case isAVIF:
		return nil, unknown, ErrAVIF
	}
	content, err := io.ReadAll(
		io.LimitReader(io.MultiReader(bytes.NewReader(head[:n]), r), MaxBytes+1),
	)
	if err != nil {
		return nil, unknown, fmt.Errorf("read the upload: %w", err)
	}
	if len(content) > MaxBytes {
		return nil, unknown, ErrTooLarge
	}
	return content, as, nil
}

func decode(content []byte, as kind) (image.Image, error) {
	r := bytes.NewReader(content)
	switch as {
	case isJPEG:
		return jpeg.Decode(r)
	case isPNG:
		return png.Decode(r)
	case isGIF:
		return gif.Decode(r)
	default:
		return decodeWebP(content)
	}
}

// explain returns ErrUnsupported for files of a rare variant of a format, and else ErrDamaged.
func explain(err error) error {
	var ofJPEG jpeg.UnsupportedError
	var ofPNG png.UnsupportedError
	if errors.As(err, &ofJPEG) || errors.As(err, &ofPNG) {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
