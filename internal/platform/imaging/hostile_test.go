package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// gifOf makes a GIF of one-pixel frames on a screen.
func gifOf(width, height uint16, frames int) []byte {
	file := []byte("GIF89a")
	file = binary.LittleEndian.AppendUint16(file, width)
	file = binary.LittleEndian.AppendUint16(file, height)
	file = append(file, 0x80, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0) // two colours
	for range frames {
		file = append(file, "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"...)
	}
	return append(file, 0x3b)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	bomb := asPNG(t, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{red, blue}))
	bomb = append([]byte{}, bomb...)
	binary.BigEndian.PutUint32(bomb[16:], 40_000)
	binary.BigEndian.PutUint32(bomb[20:], 40_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	photo := asJPEG(t, halves(400, 400))
	var progressive []byte
	progressive = append(progressive, photo...)
	for range maxScans + 1 {
		progressive = append(progressive[:len(progressive)-2], "\xff\xda\x00\x02\xff\xd9"...)
	}
	animated := append(
		[]byte(
			"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		),
		make([]byte, 16)...)
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	const sizeOfJPEG = "\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00" +
		"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9"
	// A small canvas around a frame of 16383×16383 pixels.
	const frameOfWebP = "RIFF\x2a\x00\x00\x00WEBP" +
		"VP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"VP8 \x0c\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f\x00\x00"
	// Transparency of a canvas that is larger still.
	const canvasOfWebP = "RIFF\x2a\x00\x00\x00WEBP" +
		"VP8X\x0a\x00\x00\x00\x10\x00\x00\x00\xff\x3f\x00\xff\x3f\x00ALPH\x02\x00\x00\x00\x01\x2f"
	for name, c := range map[string]struct {
		content string
		want    error
	}{
		"nothing":         {"", ErrUnsupported},
		"SVG":             {svg, ErrUnsupported},
		"HTML":            {"<!doctype html><script>alert(1)</script>", ErrUnsupported},
		"PDF":             {"%PDF-1.7\n", ErrUnsupported},
		"TIFF":            {"II*\x00\x08\x00\x00\x00", ErrUnsupported},
		"BMP":             {"BM\x36\x00\x00\x00", ErrUnsupported},
		"text":            {strings.Repeat("text ", 1000), ErrUnsupported},
		"WAVE":            {"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00", ErrUnsupported},
		"animated WebP":   {string(animated), ErrDamaged},
		"PNG bomb":        {string(bomb), ErrTooManyPixels},
		"GIF screen":      {string(gifOf(65535, 65535, 1)), ErrTooManyPixels},
		"GIF animation":   {string(gifOf(100, 100, 10_000)), ErrTooManyPixels},
		"GIF, no frames":  {string(gifOf(10, 10, 0)), ErrDamaged},
		"GIF, no size":    {string(gifOf(0, 10, 1)), ErrDamaged},
		"JPEG size":       {sizeOfJPEG, ErrTooManyPixels},
		"JPEG scans":      {string(progressive), ErrDamaged},
		"JPEG, truncated": {string(photo[:len(photo)/2]), ErrDamaged},
		"JPEG, head only": {"\xff\xd8\xff", ErrDamaged},
		"PNG, truncated":  {string(asPNG(t, halves(99, 99))[:80]), ErrDamaged},
		"WebP, truncated": {"RIFF\x22\x00\x00\x00WEBPVP8 \x16\x00\x00\x00\x30\x01", ErrDamaged},
		"WebP frame":      {frameOfWebP, ErrDamaged},
		"WebP canvas":     {canvasOfWebP, ErrTooManyPixels},
	} {
		renditions, err := processBytes([]byte(c.content))
		require.ErrorIs(t, err, c.want, name)
		assert.Nil(t, renditions, name)
	}
}

func TestManySmallFrames(t *testing.T) {
	t.Parallel()
	renditions, err := processBytes(gifOf(10, 10, 10_000))
	require.NoError(t, err)
	assert.Len(t, renditions, 1)
}

// TestPolyglot hides a page in a valid image.
func TestPolyglot(t *testing.T) {
	t.Parallel()
	const page = "<html><script>alert(1)</script></html>"
	file := gifOf(10, 10, 1)
	file = append(file[:len(file)-1], "\x21\xfe"+string(rune(len(page)))+page+"\x00\x3b"+page...)
	renditions, err := processBytes(file)
	require.NoError(t, err)
	for _, r := range renditions {
		assert.NotContains(t, string(r.Content), "html")
		assert.NotContains(t, string(r.Content), "script")
	}
}

// endless is a stream of 10 GB.
func endless(head string) io.Reader {
	return io.LimitReader(io.MultiReader(strings.NewReader(head), zeros{}), 10<<30)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestEndlessUploads runs alone, since it counts the memory of the process.
func TestEndlessUploads(t *testing.T) {
	for head, want := range map[string]error{
		"":                                ErrUnsupported,
		string(asJPEG(t, halves(10, 10))): ErrTooLarge,
		"\x89PNG\r\n\x1a\n":               ErrTooLarge,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Process(t.Context(), endless(head))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, want)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	}
}

func TestUploadBreaksOff(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for _, head := range []string{"", "\x89PNG\r\n\x1a\n", string(asJPEG(t, halves(99, 99)))} {
		_, err := Process(t.Context(), io.MultiReader(strings.NewReader(head), failing{broken}))
		require.ErrorIs(t, err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Large pictures wait for one another. It runs alone, since the bound is the process's.
func TestDecodedPixelsAreBounded(t *testing.T) {
	photo := asJPEG(t, halves(10, 10))
	require.NoError(t, decoding.Acquire(t.Context(), maxDecoded-1000))
	_, err := processBytes(photo)
	require.NoError(t, err)
	require.NoError(t, decoding.Acquire(t.Context(), 900))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Process(ctx, bytes.NewReader(photo))
	require.ErrorIs(t, err, context.Canceled)
	decoding.Release(maxDecoded - 100)
	_, err = processBytes(photo)
	require.NoError(t, err)
}

// TestMutations damages valid files at random: each is drawn or refused.
func TestMutations(t *testing.T) {
	t.Parallel()
	originals := [][]byte{
		asJPEG(t, halves(40, 20)), withEXIF(asJPEG(t, halves(20, 40)), binary.BigEndian, 6),
		asPNG(t, halves(20, 20)), gifOf(9, 9, 3), fromBase64(t, clearWebP),
		fromBase64(t, lossyWebP),
	}
	rapid.Check(t, func(t *rapid.T) {
		content := bytes.Clone(rapid.SampledFrom(originals).Draw(t, "original"))
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			content[rapid.IntRange(headSize/2, len(content)-1).Draw(t, "at")] = rapid.Byte().
				Draw(t, "byte")
		}
		if rapid.Bool().Draw(t, "cut") {
			content = content[:rapid.IntRange(0, len(content)).Draw(t, "length")]
		}
		renditions, err := processBytes(content)
		refused := errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnsupported) ||
			errors.Is(err, ErrTooManyPixels)
		if !refused && (err != nil || len(renditions) == 0) {
			t.Fatalf("neither drawn nor refused: %v", err)
		}
	})
}
