package imaging

import "encoding/binary"

// pngOrientation returns how the camera was held, 1 to 8 as in EXIF, from the chunk eXIf (PNG
// specification, third edition).
func pngOrientation(content []byte) int {
	const signature, header, checksum = 8, 8, 4
	content = content[min(len(content), signature):]
	for len(content) >= header {
		size := int64(binary.BigEndian.Uint32(content))
		if size > int64(len(content)-header) {
			break
		}
		if string(content[4:8]) == "eXIf" {
			return tiffOrientation(content[header : header+size])
		}
		content = content[min(int64(len(content)), header+size+checksum):]
	}
	return upright
}
