package imaging

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// kind is the format of an image file.
type kind int

const (
	unknown kind = iota
	isJPEG
	isPNG
	isGIF
	isWebP
	isHEIC
	isAVIF
)

// headSize is the most bytes that sniff needs.
const headSize = 32

// brands maps the major brands of the ISO base media file format, in which phones and browsers save
// pictures, to kinds (ISO/IEC 23008-12, AV1 Image File Format).
var brands = map[string]kind{
	"heic": isHEIC, "heix": isHEIC, "hevc": isHEIC, "heim": isHEIC, "heis": isHEIC, "mif1": isHEIC,
	"msf1": isHEIC, "avif": isAVIF, "avis": isAVIF,
}

// sniff returns the kind of a file, which its first bytes show.
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
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return brands[string(head[8:12])]
	}
	return unknown
}

// check returns how many bytes a file takes while it is decoded, at most maxDecoded. It returns an
// error for a file that would cost too much to decode. It reads only headers.
func check(content []byte, as kind) (memory int64, err error) {
	var config image.Config
	frames := int64(1)
	switch as {
	case isJPEG:
		config, err = jpeg.DecodeConfig(bytes.NewReader(content))
		if scans(content) > maxScans {
			return 0, ErrDamaged
		}
	case isPNG:
		config, err = png.DecodeConfig(bytes.NewReader(content))
	case isGIF:
		config, err = gif.DecodeConfig(bytes.NewReader(content))
		frames = gifFrames(content)
	default:
		config, err = webp.DecodeConfig(bytes.NewReader(content))
	}
	if err != nil {
		return 0, explain(err)
	}
	pixels := int64(config.Width) * int64(config.Height)
	if pixels <= 0 || frames <= 0 {
		return 0, ErrDamaged
	}
	if pixels > MaxPixels || pixels > MaxPixels/frames {
		return 0, ErrTooManyPixels
	}
	return min(cost(content, as, config), maxDecoded), nil
}

// gifFrames counts the frames of a GIF file by walking over its blocks. Of a truncated file it
// counts the frames that are there.
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

// gifColors returns the size in bytes of the colour table that the flags at a position announce.
func gifColors(content []byte, flags int) int {
	if flags >= len(content) || content[flags]&0x80 == 0 {
		return 0
	}
	return 3 << (content[flags]&7 + 1)
}
