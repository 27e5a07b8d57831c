//go:build !race

// The race detector takes memory of its own, so that what is measured here means nothing under it.

package imaging

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// greyJPEG makes a JPEG file of one colour in little time and space: every coefficient is zero,
// which its Huffman tables spell with one bit. sampling is that of its first component, such as
// 0x22.
func greyJPEG(width, height int, isProgressive bool, sampling byte) []byte {
	file := []byte("\xff\xd8\xff\xdb\x00\x43\x00" + string(bytes.Repeat([]byte{1}, 64)))
	frame, blocks := byte(0xc0), 2 // bits of a block: DC and, in the same scan, the end of AC
	scan := "\x00\x3f\x00"
	if isProgressive {
		frame, blocks, scan = 0xc2, 1, "\x00\x00\x00"
	}
	file = append(file, 0xff, frame, 0, 17, 8)
	file = binary.BigEndian.AppendUint16(file, uint16(height))
	file = binary.BigEndian.AppendUint16(file, uint16(width))
	file = append(file, 3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0)
	for _, table := range []byte{0x00, 0x10} { // one code of one bit, for zero
		file = append(file, 0xff, 0xc4, 0, 20, table, 1)
		file = append(file, make([]byte, 16)...)
	}
	file = append(file, "\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00"+scan...)
	across, down := int(sampling>>4), int(sampling&15)
	units := ((width + 8*across - 1) / (8 * across)) * ((height + 8*down - 1) / (8 * down))
	file = append(file, make([]byte, units*(across*down+2)*blocks/8+1)...)
	return append(file, 0xff, 0xd9)
}

// blackPNG makes a PNG file of 16 bits a channel with alpha.
func blackPNG(t *testing.T, width, height int) []byte {
	t.Helper()
	var file bytes.Buffer
	chunk := func(name string, data []byte) {
		_ = binary.Write(&file, binary.BigEndian, uint32(len(data)))
		body := append([]byte(name), data...)
		_, _ = file.Write(body)
		_ = binary.Write(&file, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	_, _ = file.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	chunk("IHDR", append(header, 16, 6, 0, 0, 0))
	var data bytes.Buffer
	packed, err := zlib.NewWriterLevel(&data, zlib.BestSpeed)
	require.NoError(t, err)
	_, err = io.CopyN(packed, zeros{}, int64(height)*(1+8*int64(width)))
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	chunk("IDAT", data.Bytes())
	chunk("IEND", nil)
	return file.Bytes()
}

// peak returns by how many MiB the heap grew while work ran, at most.
func peak(work func()) int {
	const live = "/memory/classes/heap/objects:bytes"
	read := func() uint64 {
		sample := []metrics.Sample{{Name: live}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, most := read(), uint64(0)
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for every := time.NewTicker(time.Millisecond); ctx.Err() == nil; <-every.C {
			most = max(most, read())
		}
	})
	work()
	cancel()
	watching.Wait()
	return int(int64(most-before) >> 20)
}

// Pictures of 36 megapixels are decoded one at a time, so two uploads at once take the memory of
// one. It runs alone, since it measures the memory of the process. FIGURES=1 measures more kinds.
func TestMemoryOfLargePictures(t *testing.T) {
	const edge = 6000
	type picture struct {
		name    string
		content []byte
		most    int // MiB
	}
	all := []picture{
		{"JPEG of a camera", greyJPEG(edge, edge, false, 0x22), 160},
		{"progressive JPEG of full colour", greyJPEG(edge, edge, true, 0x11), 700},
	}
	if os.Getenv("FIGURES") != "" {
		all = append(all, picture{"progressive JPEG", greyJPEG(edge, edge, true, 0x22), 400},
			picture{"PNG of 16 bits", blackPNG(t, edge, edge), 450})
	}
	for _, c := range all {
		one := peak(func() {
			renditions, err := processBytes(c.content)
			require.NoError(t, err, c.name)
			assert.Equal(t, 1600, renditions[len(renditions)-1].Width)
		})
		two := peak(func() {
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					_, err := processBytes(c.content)
					assert.NoError(t, err, c.name)
				})
			}
			all.Wait()
		})
		t.Logf("%s, %d kB: %d MiB, two at once %d MiB", c.name, len(c.content)>>10, one, two)
		assert.Less(t, two, c.most, c.name)
		assert.Less(t, two, one+one/2, c.name)
	}
}
