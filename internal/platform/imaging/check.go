package imaging

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// kind of an image file.
type kind int

const (
	unknown kind = iota
	isJPEG
	isPNG
	isGIF
	isWebP
)

// headSize is how many bytes sniff needs at most.
const headSize = 32

// sniff tells the kind by the bytes that every file of it begins with.
func sniff(head []byte) kind {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return isJPEG
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return isPNG
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return isGIF
	case len(head) >= 16 && string(head[:4]) == "RIFF" && string(head[8:15]) == "WEBPVP8":
		return isWebP
	}
	return unknown
}

// check refuses what would cost too much to decode, by its headers alone.
func check(content []byte, as kind) error {
	var config image.Config
	var err error
	frames := int64(1)
	switch as {
	case isJPEG:
		config, err = jpeg.DecodeConfig(bytes.NewReader(content))
		if scans(content) > maxScans {
			return ErrDamaged
		}
	case isPNG:
		config, err = png.DecodeConfig(bytes.NewReader(content))
	case isGIF:
		config, err = gif.DecodeConfig(bytes.NewReader(content))
		frames = gifFrames(content)
	default:
		if isAnimated(content) {
			return ErrUnsupported
		}
		config, err = webp.DecodeConfig(bytes.NewReader(content))
	}
	if err != nil {
		return explain(err)
	}
	pixels := int64(config.Width) * int64(config.Height)
	if pixels <= 0 || frames <= 0 {
		return ErrDamaged
	}
	if pixels > MaxPixels || pixels > MaxPixels/frames {
		return ErrTooManyPixels
	}
	return nil
}

// isAnimated reports whether a WebP file is an animation, which the decoder does not know.
func isAnimated(content []byte) bool {
	return len(content) > 20 && string(content[12:16]) == "VP8X" && content[20]&2 != 0
}

// gifFrames counts the frames of a GIF file by walking over its blocks; those of a truncated file
// as far as it goes.
func gifFrames(content []byte) (frames int64) {
	at := 13 + gifColors(content, 10) // header and logical screen
	for at < len(content) {
		switch content[at] {
		case 0x2c: // image: position and size, colours, code size, data
			frames++
			at += 10 + gifColors(content, at+9) + 1
		case 0x21: // extension: label, data
			at += 2
		default:
			return frames
		}
		for at < len(content) && content[at] != 0 {
			at += 1 + int(content[at])
		}
		at++
	}
	return frames
}

// gifColors answers the bytes of the colour table that the flags at a position announce.
func gifColors(content []byte, flags int) int {
	if flags >= len(content) || content[flags]&0x80 == 0 {
		return 0
	}
	return 3 << (content[flags]&7 + 1)
}
