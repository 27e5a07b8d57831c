package imaging

import (
	"image"
	"image/color"
	"runtime/debug"

	"golang.org/x/sync/semaphore"
)

// Limits of the memory that decoded images take in this process. One image that costs more than
// maxDecoded is decoded alone.
const (
	maxDecoded = 160 << 20 // bytes
	// large is the cost from which memory is returned to the system at once, before the next image
	// is decoded.
	large = 64 << 20
)

// decoding is acquired with the cost of an image while it is decoded and scaled.
var decoding = semaphore.NewWeighted(maxDecoded)

// interlaceMethod is where the header of a PNG file says whether it is interlaced.
const interlaceMethod = 28

// cost returns how many bytes an image takes while it is decoded and scaled, about.
func cost(content []byte, as kind, config image.Config) int64 {
	pixels := int64(config.Width) * int64(config.Height)
	const scaling = 1 // a byte a pixel: the image in its new width and old height
	switch as {
	case isJPEG:
		return int64(float64(pixels) * (bytesOfJPEG(content) + scaling))
	case isPNG:
		bytes := bytesOfModel(config.ColorModel)
		if len(content) > interlaceMethod && content[interlaceMethod] == 1 {
			bytes += bytes / 2 // its passes are images
		}
		return pixels * (bytes + scaling)
	case isGIF:
		return pixels * (1 + scaling)
	}
	return pixels * (8 + scaling) // of WebP: the image and what it is predicted from
}

// bytesOfModel returns the bytes of a pixel in memory.
func bytesOfModel(m color.Model) int64 {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// bytesOfJPEG returns the bytes of a pixel while a JPEG file is decoded. A sample is a byte, and
// four more in a progressive file, whose coefficients are collected first. Files of four components
// are converted afterwards.
func bytesOfJPEG(content []byte) float64 {
	const sequential, extended, progressive = 0xc0, 0xc1, 0xc2
	for marker, data := range segments(content) {
		if marker != sequential && marker != extended && marker != progressive || len(data) < 6 {
			continue
		}
		components := int(data[5])
		if len(data) < 6+3*components {
			break
		}
		samples, most := 0, 1
		for i := range components {
			factors := data[6+3*i+1]
			n := int(factors>>4) * int(factors&15)
			samples, most = samples+n, max(most, n)
		}
		perPixel := float64(samples) / float64(most)
		if marker == progressive {
			perPixel *= 5
		}
		if components == 4 {
			perPixel += 4
		}
		return perPixel
	}
	return 4
}

// release ends what decoding.Acquire began.
func release(bytes int64) {
	if bytes >= large {
		debug.FreeOSMemory()
	}
	decoding.Release(bytes)
}
