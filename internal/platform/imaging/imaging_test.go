package imaging

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	red  = color.RGBA{R: 0xff, A: 0xff}
	blue = color.RGBA{B: 0xff, A: 0xff}
)

// WebP files of one pixel, in base64.
const (
	clearWebP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
	lossyWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
)

// halves is red on the left and blue on the right.
func halves(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, red)
			if x >= width/2 {
				m.SetRGBA(x, y, blue)
			}
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, jpeg.Encode(&file, m, nil))
	return file.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, m))
	return file.Bytes()
}

// withEXIF adds what a phone does: an orientation, and where the picture was taken.
func withEXIF(file []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x0112, 3}, {0x8825, 4}} { // orientation; the GPS directory
		tiff = order.AppendUint16(order.AppendUint16(tiff, entry[0]), entry[1])
		tiff = order.AppendUint16(order.AppendUint32(tiff, 1), orientation)
		tiff = append(tiff, 0, 0)
	}
	data := append([]byte("Exif\x00\x00"), tiff...)
	data = append(data, "GPSLatitude 52.5200"...)
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, markerEXIF)
	out = binary.BigEndian.AppendUint16(out, uint16(len(data)+2))
	return append(append(out, data...), file[2:]...)
}

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

func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return content
}

func processBytes(content []byte) ([]Rendition, error) {
	return Process(context.Background(), bytes.NewReader(content))
}

// drawn decodes a rendition and checks that it is what it says.
func drawn(t *testing.T, r Rendition) image.Image {
	t.Helper()
	m, format, err := image.Decode(bytes.NewReader(r.Content))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{".jpg": "jpeg", ".png": "png"}[r.Extension], format)
	assert.Equal(t, image.Rect(0, 0, r.Width, r.Height), m.Bounds())
	return m
}

func assertColor(t *testing.T, want color.RGBA, m image.Image, x, y int) {
	t.Helper()
	r, g, b, _ := m.At(x, y).RGBA()
	for _, pair := range [][2]uint32{{uint32(want.R), r >> 8}, {uint32(want.G), g >> 8}, {uint32(want.B), b >> 8}} {
		assert.InDelta(t, pair[0], pair[1], 8, "at %d, %d", x, y)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height int
		want          []image.Point
	}{
		{2000, 1000, []image.Point{{320, 160}, {800, 400}, {1600, 800}}},
		{1000, 2000, []image.Point{{160, 320}, {400, 800}, {800, 1600}}},
		{1600, 16, []image.Point{{320, 3}, {800, 8}, {1600, 16}}},
		{900, 900, []image.Point{{320, 320}, {800, 800}, {900, 900}}},
		{500, 400, []image.Point{{320, 256}, {500, 400}}},
		{320, 200, []image.Point{{320, 200}}},
		{1, 1, []image.Point{{1, 1}}},
		{5000, 1, []image.Point{{320, 1}, {800, 1}, {1600, 1}}},
	} {
		renditions, err := processBytes(asJPEG(t, halves(c.width, c.height)))
		require.NoError(t, err)
		var sizes []image.Point
		for _, r := range renditions {
			m := drawn(t, r)
			sizes = append(sizes, image.Pt(r.Width, r.Height))
			if r.Height > 8 {
				assertColor(t, red, m, r.Width/4, r.Height/2)
				assertColor(t, blue, m, r.Width*3/4, r.Height/2)
			}
			assert.Equal(t, ".jpg", r.Extension)
		}
		assert.Equal(t, c.want, sizes)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	var animation bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{red, blue})
	other := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{blue, red})
	require.NoError(t, gif.EncodeAll(&animation, &gif.GIF{Image: []*image.Paletted{frame, other}, Delay: []int{1, 1}}))
	for name, content := range map[string][]byte{
		"PNG":           asPNG(t, halves(10, 10)),
		"GIF":           animation.Bytes(),
		"WebP, lossy":   fromBase64(t, lossyWebP),
		"JPEG, trailer": append(asJPEG(t, halves(10, 10)), "<script>"...),
	} {
		renditions, err := processBytes(content)
		require.NoError(t, err, name)
		require.Len(t, renditions, 1, name)
		m := drawn(t, renditions[0])
		assert.Equal(t, ".jpg", renditions[0].Extension, name)
		if name == "GIF" {
			assertColor(t, red, m, 1, 1)
		}
	}
}

func TestTransparency(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 200 {
			m.SetNRGBA(x, y, color.NRGBA{R: 0xff, A: 0xff})
		}
	}
	renditions, err := processBytes(asPNG(t, m))
	require.NoError(t, err)
	require.Len(t, renditions, 2)
	for _, r := range renditions {
		assert.Equal(t, ".png", r.Extension)
		out := drawn(t, r)
		_, _, _, alpha := out.At(r.Width*3/4, 10).RGBA()
		assert.Zero(t, alpha)
		assertColor(t, red, out, r.Width/4, 10)
	}
	renditions, err = processBytes(fromBase64(t, clearWebP)) // one clear pixel
	require.NoError(t, err)
	assert.Equal(t, ".png", renditions[0].Extension)
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	// Where the red side, which is on the left of the file, is to be shown.
	center := map[uint16]image.Point{
		0: {10, 20}, 1: {10, 20}, 2: {30, 20}, 3: {30, 20}, 4: {10, 20}, 9: {10, 20},
		5: {20, 10}, 6: {20, 10}, 7: {20, 30}, 8: {20, 30},
	}
	for orientation, red1 := range center {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			file := withEXIF(asJPEG(t, halves(40, 80)), order, orientation)
			renditions, err := processBytes(file)
			require.NoError(t, err)
			r := renditions[0]
			for _, secret := range []string{"Exif", "GPS", "52.52"} {
				require.Contains(t, string(file), secret)
				assert.NotContains(t, string(r.Content), secret)
			}
			m := drawn(t, r)
			if orientation >= 5 && orientation <= 8 {
				assert.Equal(t, []int{80, 40}, []int{r.Width, r.Height})
				assertColor(t, red, m, red1.X, red1.Y)
				assertColor(t, blue, m, red1.X, 40-red1.Y)
			} else {
				assert.Equal(t, []int{40, 80}, []int{r.Width, r.Height})
				assertColor(t, red, m, red1.X, red1.Y)
				assertColor(t, blue, m, 40-red1.X, red1.Y)
			}
		}
	}
}

func TestTurn(t *testing.T) {
	t.Parallel()
	// The letters a b / c d are pixels; each orientation's upright picture, row by row.
	stored := image.NewRGBA(image.Rect(0, 0, 2, 2))
	for i, letter := range []byte("abcd") {
		stored.Pix[4*i] = letter
	}
	for orientation, want := range map[int]string{1: "abcd", 2: "badc", 3: "dcba", 4: "cdab", 5: "acbd", 6: "cadb", 7: "dbca", 8: "bdac"} {
		turned := turn(stored, orientation)
		got := []byte{turned.Pix[0], turned.Pix[4], turned.Pix[8], turned.Pix[12]}
		assert.Equal(t, want, string(got), orientation)
	}
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
	animated := append([]byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 16)...)
	for name, c := range map[string]struct {
		content string
		want    error
	}{
		"nothing":         {"", ErrUnsupported},
		"SVG":             {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ErrUnsupported},
		"HTML":            {"<!doctype html><script>alert(1)</script>", ErrUnsupported},
		"PDF":             {"%PDF-1.7\n", ErrUnsupported},
		"TIFF":            {"II*\x00\x08\x00\x00\x00", ErrUnsupported},
		"BMP":             {"BM\x36\x00\x00\x00", ErrUnsupported},
		"text":            {strings.Repeat("text ", 1000), ErrUnsupported},
		"WAVE":            {"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00", ErrUnsupported},
		"animated WebP":   {string(animated), ErrUnsupported},
		"PNG bomb":        {string(bomb), ErrTooManyPixels},
		"GIF screen":      {string(gifOf(65535, 65535, 1)), ErrTooManyPixels},
		"GIF animation":   {string(gifOf(100, 100, 10_000)), ErrTooManyPixels},
		"GIF, no frames":  {string(gifOf(10, 10, 0)), ErrDamaged},
		"GIF, no size":    {string(gifOf(0, 10, 1)), ErrDamaged},
		"JPEG size":       {"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9", ErrTooManyPixels},
		"JPEG scans":      {string(progressive), ErrDamaged},
		"JPEG, truncated": {string(photo[:len(photo)/2]), ErrDamaged},
		"JPEG, head only": {"\xff\xd8\xff", ErrDamaged},
		"PNG, truncated":  {string(asPNG(t, halves(99, 99))[:80]), ErrDamaged},
		"WebP, truncated": {"RIFF\x22\x00\x00\x00WEBPVP8 \x16\x00\x00\x00\x30\x01", ErrDamaged},
		// A small canvas around a frame of 16383×16383 pixels, and alpha of a canvas that is larger still.
		"WebP frame":  {"RIFF\x2a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00VP8 \x0c\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f\x00\x00", ErrDamaged},
		"WebP canvas": {"RIFF\x2a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\xff\x3f\x00\xff\x3f\x00ALPH\x02\x00\x00\x00\x01\x2f", ErrTooManyPixels},
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
		"": ErrUnsupported, string(asJPEG(t, halves(10, 10))): ErrTooLarge, "\x89PNG\r\n\x1a\n": ErrTooLarge,
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

// TestTwoAtOnce runs alone, since the slots are the process's.
func TestTwoAtOnce(t *testing.T) {
	photo := asJPEG(t, halves(10, 10))
	slots <- struct{}{}
	_, err := processBytes(photo)
	require.NoError(t, err)
	slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Process(ctx, bytes.NewReader(photo))
	require.ErrorIs(t, err, context.Canceled)
	<-slots
	<-slots
	_, err = processBytes(photo)
	require.NoError(t, err)
}

// TestMutations damages valid files at random: each is drawn or refused.
func TestMutations(t *testing.T) {
	t.Parallel()
	originals := [][]byte{
		asJPEG(t, halves(40, 20)), withEXIF(asJPEG(t, halves(20, 40)), binary.BigEndian, 6), asPNG(t, halves(20, 20)), gifOf(9, 9, 3),
		fromBase64(t, clearWebP), fromBase64(t, lossyWebP),
	}
	rapid.Check(t, func(t *rapid.T) {
		content := bytes.Clone(rapid.SampledFrom(originals).Draw(t, "original"))
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			content[rapid.IntRange(0, len(content)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if rapid.Bool().Draw(t, "cut") {
			content = content[:rapid.IntRange(0, len(content)).Draw(t, "length")]
		}
		renditions, err := processBytes(content)
		refused := errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrTooManyPixels)
		if !refused && (err != nil || len(renditions) == 0) {
			t.Fatalf("neither drawn nor refused: %v", err)
		}
	})
}

// BenchmarkPhoto is a photo of 12 megapixels.
func BenchmarkPhoto(b *testing.B) {
	photo := image.NewRGBA(image.Rect(0, 0, 4032, 3024))
	for i := range photo.Pix {
		photo.Pix[i] = byte(i/4032 ^ i>>3)
	}
	file := asJPEG(b, photo)
	b.ReportAllocs()
	for b.Loop() {
		_, err := processBytes(file)
		require.NoError(b, err)
	}
}
