package imaging

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// halves returns an image that is red on the left and blue on the right.
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

// withEXIF adds the metadata that phones add: an orientation, and where the picture was taken.
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

func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return content
}

func processBytes(content []byte) ([]Rendition, error) {
	return Process(context.Background(), bytes.NewReader(content))
}

// drawn decodes a rendition and checks its format and size.
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
	assert.InDelta(t, want.R, r>>8, 8, "red at %d, %d", x, y)
	assert.InDelta(t, want.G, g>>8, 8, "green at %d, %d", x, y)
	assert.InDelta(t, want.B, b>>8, 8, "blue at %d, %d", x, y)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height int
		want          []image.Point
	}{
		{2000, 500, []image.Point{{320, 80}, {800, 200}, {1600, 400}}},
		{500, 2000, []image.Point{{80, 320}, {200, 800}, {400, 1600}}},
		{1600, 16, []image.Point{{320, 3}, {800, 8}, {1600, 16}}},
		{900, 90, []image.Point{{320, 32}, {800, 80}, {900, 90}}},
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
	require.NoError(
		t,
		gif.EncodeAll(
			&animation, &gif.GIF{Image: []*image.Paletted{frame, other}, Delay: []int{1, 1}},
		),
	)
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
	// The middle of the red side, which is on the left in the file, in the rendition.
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
	for orientation, want := range map[int]string{
		1: "abcd", 2: "badc", 3: "dcba", 4: "cdab", 5: "acbd", 6: "cadb", 7: "dbca", 8: "bdac",
	} {
		turned := turn(stored, orientation)
		got := []byte{turned.Pix[0], turned.Pix[4], turned.Pix[8], turned.Pix[12]}
		assert.Equal(t, want, string(got), orientation)
	}
}

// BenchmarkPhoto processes a photo of 12 megapixels.
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
