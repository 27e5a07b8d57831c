// Package imaging turns image files that people upload into the sizes a shop shows. What comes out
// was drawn by this program: none of the upload's bytes, and so none of its metadata or hidden
// content, is in it.
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

	"golang.org/x/image/webp"
)

// Limits of an upload.
const (
	MaxBytes  = 10 << 20
	MaxPixels = 40_000_000 // of all frames together
)

const jpegQuality = 85

// edges are the longest edges of the renditions in pixels.
var edges = []int{1600, 800, 320}

// Why an upload is refused.
var (
	ErrTooLarge      = errors.New("the image file has more than 10 MiB")
	ErrUnsupported   = errors.New("the file is not a JPEG, PNG, WebP or GIF image")
	ErrTooManyPixels = errors.New("the image has more than 40 megapixels")
	ErrDamaged       = errors.New("the image file is damaged")
)

// Rendition is an image in one size.
type Rendition struct {
	Content       []byte
	Extension     string // .jpg, or .png of what is transparent somewhere
	Width, Height int    // pixels
}

// slots bound the memory of decoded images: at most two are in work at once in this process.
var slots = make(chan struct{}, 2)

// Process reads an upload and answers its renditions, smallest first: one per edge, never larger
// than the original and none twice. The type is told by content alone. Of an animation the first
// frame is used. The error is one of this package's, that of ctx, or that of r. Colours are taken
// for sRGB.
func Process(ctx context.Context, r io.Reader) ([]Rendition, error) {
	content, as, err := read(r)
	if err != nil {
		return nil, err
	}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return process(ctx, content, as)
}

func process(ctx context.Context, content []byte, as kind) (renditions []Rendition, err error) {
	defer func() {
		if panicked := recover(); panicked != nil { // of a decoder, on a file made for that
			renditions, err = nil, fmt.Errorf("%w: %v", ErrDamaged, panicked)
		}
	}()
	if err := check(content, as); err != nil {
		return nil, err
	}
	original, err := decode(content, as)
	if err != nil {
		return nil, explain(err)
	}
	if original.Bounds().Empty() {
		return nil, ErrDamaged
	}
	turned := upright
	if as == isJPEG {
		turned = orientation(content)
	}
	return render(ctx, original, turned)
}

// read takes the upload into memory once its beginning shows an image.
func read(r io.Reader) ([]byte, kind, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, unknown, fmt.Errorf("read the upload: %w", err)
	}
	as := sniff(head[:n])
	if as == unknown {
		return nil, unknown, ErrUnsupported
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
		return webp.Decode(r)
	}
}

// explain tells files of a rare kind from broken ones.
func explain(err error) error {
	var ofJPEG jpeg.UnsupportedError
	var ofPNG png.UnsupportedError
	if errors.As(err, &ofJPEG) || errors.As(err, &ofPNG) {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
