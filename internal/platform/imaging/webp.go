package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
	"iter"

	"golang.org/x/image/webp"
)

// Flags of a VP8X chunk, which begins the extended form of a WebP file.
const (
	webpAnimation = 1 << 1
	webpAlpha     = 1 << 4
)

// riffChunks iterates over the chunks of a WebP file, or of a frame in it, up to its end or damage.
func riffChunks(content []byte) iter.Seq2[string, []byte] {
	return func(yield func(name string, data []byte) bool) {
		for len(content) >= 8 {
			size := int64(binary.LittleEndian.Uint32(content[4:]))
			if size > int64(len(content)-8) {
				return
			}
			if !yield(string(content[:4]), content[8:8+size]) {
				return
			}
			content = content[min(int64(len(content)), 8+size+size&1):] // an odd chunk is padded
		}
	}
}

// webpChunks iterates over the chunks of a WebP file.
func webpChunks(content []byte) iter.Seq2[string, []byte] {
	return riffChunks(content[min(len(content), 12):])
}

// isAnimated reports whether a WebP file is an animation, which the decoder does not support.
func isAnimated(content []byte) bool {
	return len(content) > 20 && string(content[12:16]) == "VP8X" && content[20]&webpAnimation != 0
}

// firstFrame returns the first frame of an animation as a WebP file, or nil if it has none. See
// https://developers.google.com/speed/webp/docs/riff_container for the form of a frame.
func firstFrame(content []byte) []byte {
	const frameHeader = 16 // position, size, duration and flags
	for name, frame := range webpChunks(content) {
		if name != "ANMF" || len(frame) < frameHeader {
			continue
		}
		size := frame[6:12] // width and height less one, as in VP8X
		var alpha, picture []byte
		for name, data := range riffChunks(frame[frameHeader:]) {
			switch name {
			case "ALPH":
				alpha = riffChunk(name, data)
			case "VP8 ", "VP8L":
				picture = riffChunk(name, data)
			}
		}
		if picture == nil {
			return nil
		}
		if alpha != nil {
			extended := append([]byte{webpAlpha, 0, 0, 0}, size...)
			picture = append(append(riffChunk("VP8X", extended), alpha...), picture...)
		}
		return riffChunk("RIFF", append([]byte("WEBP"), picture...))
	}
	return nil
}

// riffChunk returns a chunk with its name, size and padding.
func riffChunk(name string, data []byte) []byte {
	chunk := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	chunk = append(chunk, data...)
	if len(data)%2 == 1 {
		chunk = append(chunk, 0)
	}
	return chunk
}

// webpOrientation returns how the camera was held, 1 to 8 as in EXIF.
func webpOrientation(content []byte) int {
	for name, data := range webpChunks(content) {
		if name == "EXIF" {
			// Some programs write the prefix that only JPEG has.
			return tiffOrientation(bytes.TrimPrefix(data, []byte("Exif\x00\x00")))
		}
	}
	return upright
}

// decodeWebP decodes a WebP file. The colours of a lossy one are stretched from the range that VP8
// stores to the one that image.YCbCr means.
func decodeWebP(content []byte) (image.Image, error) {
	decoded, err := webp.Decode(bytes.NewReader(content))
	switch m := decoded.(type) {
	case *image.YCbCr:
		toFullRange(m)
	case *image.NYCbCrA:
		toFullRange(&m.YCbCr)
	}
	return decoded, err
}

// fullLuma and fullChroma map the limited range of ITU-R BT.601, in which VP8 stores colours (RFC
// 6386, section 9.2: luma 16 to 235, chroma 16 to 240), to the full range of JPEG.
var (
	fullLuma   = stretch(16, 219, 0)
	fullChroma = stretch(128, 224, 128)
)

// stretch returns the table that maps width steps around from to 255 steps around to, rounded.
func stretch(from, width, to int) (table [256]uint8) {
	for value := range table {
		scaled := (value - from) * 255 * 2
		if scaled < 0 {
			scaled -= width
		} else {
			scaled += width
		}
		table[value] = uint8(min(max(to+scaled/(2*width), 0), 255))
	}
	return table
}

// toFullRange changes the colours of an image in place.
func toFullRange(m *image.YCbCr) {
	for i, y := range m.Y {
		m.Y[i] = fullLuma[y]
	}
	for _, plane := range [][]uint8{m.Cb, m.Cr} {
		for i, chroma := range plane {
			plane[i] = fullChroma[chroma]
		}
	}
}
