package imaging

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// solid reads a WebP file of 32 × 32 pixels of one colour; with "-alpha", the right half of it is
// transparent. The files were made of PNG files by `cwebp -q 90` and `cwebp -lossless`.
func solid(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name + ".webp")
	require.NoError(t, err)
	return content
}

// chunksOf returns the chunks of a file in the simple or the extended form, without VP8X.
func chunksOf(file []byte) []byte {
	var chunks []byte
	for name, data := range webpChunks(file) {
		if name != "VP8X" {
			chunks = append(chunks, riffChunk(name, data)...)
		}
	}
	return chunks
}

// extendedWebP returns a file in the extended form with chunks of metadata.
func extendedWebP(file []byte, flags byte, before, after []byte) []byte {
	if strings.Contains(string(file), "ALPH") {
		flags |= webpAlpha
	}
	chunks := riffChunk("VP8X", []byte{flags, 0, 0, 0, 31, 0, 0, 31, 0, 0})
	chunks = append(append(append(chunks, before...), chunksOf(file)...), after...)
	return riffChunk("RIFF", append([]byte("WEBP"), chunks...))
}

// White in a WebP file is white in every rendition, although VP8 stores it as 235.
func TestWebPColorsStay(t *testing.T) {
	t.Parallel()
	profile := riffChunk("ICCP", []byte("a colour profile, which is ignored"))
	for name, want := range map[string]color.RGBA{
		"white": {R: 255, G: 255, B: 255},
		"black": {},
		"red":   {R: 255},
		"grey":  {R: 128, G: 128, B: 128},
	} {
		for _, form := range []string{"-lossy", "-lossless", "-lossy-alpha", "-lossless-alpha"} {
			plain := solid(t, name+form)
			for _, file := range [][]byte{plain, extendedWebP(plain, 1<<5, profile, nil)} {
				renditions, err := processBytes(file)
				require.NoError(t, err, name+form)
				drawn := drawn(t, renditions[0])
				r, g, b, a := drawn.At(8, 16).RGBA()
				assert.InDelta(t, want.R, r>>8, 3, name+form)
				assert.InDelta(t, want.G, g>>8, 3, name+form)
				assert.InDelta(t, want.B, b>>8, 3, name+form)
				assert.EqualValues(t, 0xffff, a)
				_, _, _, a = drawn.At(28, 16).RGBA()
				assert.Equal(t, strings.HasSuffix(form, "-alpha"), a == 0, name+form)
			}
		}
	}
}

// exif returns the TIFF structure that says how the camera was held.
func exif(orientation uint16) []byte {
	tiff := binary.BigEndian.AppendUint32([]byte("MM\x00*"), 8)
	tiff = binary.BigEndian.AppendUint16(tiff, 1)
	for _, part := range []uint16{0x0112, 3, 0, 1, orientation, 0} {
		tiff = binary.BigEndian.AppendUint16(tiff, part)
	}
	return binary.BigEndian.AppendUint32(tiff, 0)
}

// WebP and PNG pictures are turned as JPEG pictures are. The right half of these is transparent:
// with orientation 6 it is at the bottom of the rendition, with 8 at the top.
func TestWebPAndPNGAreTurnedUpright(t *testing.T) {
	t.Parallel()
	webp := func(tiff []byte) []byte {
		return extendedWebP(solid(t, "red-lossy-alpha"), 1<<3, nil, riffChunk("EXIF", tiff))
	}
	png := func(tiff []byte) []byte {
		renditions, err := processBytes(solid(t, "red-lossless-alpha"))
		require.NoError(t, err)
		file := renditions[0].Content
		const afterHeader = 8 + 8 + 13 + 4
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(tiff)))
		chunk = append(append(append(chunk, "eXIf"...), tiff...), 0, 0, 0, 0)
		binary.BigEndian.PutUint32(chunk[len(chunk)-4:], crc32.ChecksumIEEE(chunk[4:len(chunk)-4]))
		return append(append(bytes.Clone(file[:afterHeader]), chunk...), file[afterHeader:]...)
	}
	for name, file := range map[string][]byte{
		"WebP":                       webp(exif(6)),
		"WebP with JPEG's beginning": webp(append([]byte("Exif\x00\x00"), exif(6)...)),
		"PNG":                        png(exif(6)),
	} {
		renditions, err := processBytes(file)
		require.NoError(t, err, name)
		m := drawn(t, renditions[0])
		_, _, _, above := m.At(16, 4).RGBA()
		_, _, _, below := m.At(16, 28).RGBA()
		assert.EqualValues(t, 0xffff, above, name)
		assert.Zero(t, below, name)
	}
	renditions, err := processBytes(webp(exif(8)))
	require.NoError(t, err)
	_, _, _, above := drawn(t, renditions[0]).At(16, 4).RGBA()
	assert.Zero(t, above)
}

// An animated WebP gives its first frame, as an animated GIF does.
func TestAnimatedWebPGivesItsFirstFrame(t *testing.T) {
	t.Parallel()
	frame := func(name string) []byte {
		header := []byte{0, 0, 0, 0, 0, 0, 31, 0, 0, 31, 0, 0, 100, 0, 0, 0}
		return riffChunk("ANMF", append(header, chunksOf(solid(t, name))...))
	}
	animation := func(frames ...[]byte) []byte {
		chunks := riffChunk("VP8X", []byte{webpAnimation | webpAlpha, 0, 0, 0, 31, 0, 0, 31, 0, 0})
		chunks = append(chunks, riffChunk("ANIM", make([]byte, 6))...)
		chunks = append(chunks, bytes.Join(frames, nil)...)
		return riffChunk("RIFF", append([]byte("WEBP"), chunks...))
	}
	for _, form := range []string{"-lossy", "-lossless", "-lossy-alpha", "-lossless-alpha"} {
		renditions, err := processBytes(animation(frame("red"+form), frame("black-lossy")))
		require.NoError(t, err, form)
		m := drawn(t, renditions[0])
		assertColor(t, red, m, 8, 16)
		_, _, _, a := m.At(28, 16).RGBA()
		assert.Equal(t, strings.HasSuffix(form, "-alpha"), a == 0, form)
	}
	_, err := processBytes(animation())
	require.ErrorIs(t, err, ErrDamaged)
	_, err = processBytes(animation(riffChunk("ANMF", make([]byte, 16))))
	require.ErrorIs(t, err, ErrDamaged)
}

// HEIC and AVIF are refused with an error that says what to do.
func TestPicturesOfPhonesAreNamed(t *testing.T) {
	t.Parallel()
	for brand, want := range map[string]error{
		"heic": ErrHEIC, "mif1": ErrHEIC, "avif": ErrAVIF,
		"isom": ErrUnsupported, "mp42": ErrUnsupported,
	} {
		_, err := processBytes([]byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00mif1heic"))
		require.ErrorIs(t, err, want, brand)
	}
}
