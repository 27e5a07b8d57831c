package imaging

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// Markers of JPEG segments.
const (
	markerEnd  = 0xd9
	markerScan = 0xda
	markerEXIF = 0xe1
)

// maxScans is the most scans a JPEG file may have. Encoders write about ten. Each costs a pass over
// all pixels, even if it is only some bytes long.
const maxScans = 100

// segments walks over the marked segments of a JPEG file up to its end or damage.
func segments(content []byte) iter.Seq2[byte, []byte] {
	return func(yield func(marker byte, data []byte) bool) {
		for at := 2; at+4 <= len(content); {
			marker := content[at+1]
			alone := marker == 0 || marker == 1 ||
				marker >= 0xd0 && marker <= 0xd7 // within the data of a scan
			if content[at] != 0xff || marker == 0xff || alone {
				at++
				continue
			}
			size := int(binary.BigEndian.Uint16(content[at+2:]))
			if marker == markerEnd || size < 2 || at+2+size > len(content) {
				return
			}
			if !yield(marker, content[at+4:at+2+size]) {
				return
			}
			at += 2 + size
		}
	}
}

// scans counts the scans of a JPEG file.
func scans(content []byte) (n int) {
	for marker := range segments(content) {
		if marker == markerScan {
			n++
		}
	}
	return n
}

// upright is the orientation of most images.
const upright = 1

// orientation returns how the camera was held, 1 to 8 as in EXIF.
func orientation(content []byte, as kind) int {
	switch as {
	case isJPEG:
		return jpegOrientation(content)
	case isPNG:
		return pngOrientation(content)
	case isWebP:
		return webpOrientation(content)
	}
	return upright
}

func jpegOrientation(content []byte) int {
	for marker, data := range segments(content) {
		if marker == markerScan { // the image itself: metadata comes before it
			break
		}
		if tiff, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00")); ok && marker == markerEXIF {
			return tiffOrientation(tiff)
		}
	}
	return upright
}

// tiffOrientation reads the orientation from EXIF data: it is in the first directory of a TIFF
// structure.
func tiffOrientation(tiff []byte) int {
	const tag, short, entrySize = 0x0112, 3, 12
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			break
		}
		entries = entries[entrySize:]
	}
	return upright
}
