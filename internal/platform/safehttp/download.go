package safehttp

import (
	"context"
	"errors"
	"io"
)

// Download is the body of an answer, decompressed. Reading fails with ErrTooLarge at the first byte
// that is too many, and with ErrRefused if the server breaks off or is too slow.
type Download struct {
	ContentType string // as the server says it; not to be trusted

	body   io.ReadCloser
	left   int64 // bytes that may still be read
	failed error
	caller context.Context
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (d *Download) Read(p []byte) (int, error) {
	if d.failed != nil {
		return 0, d.failed
	}
	if int64(len(p)) > d.left+1 { // one more, to tell the end from too much
		p = p[:d.left+1]
	}
	n, err := d.body.Read(p)
	if int64(n) > d.left {
		n, err = int(d.left), ErrTooLarge
	}
	d.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = hide(d.caller, err)
	}
	d.failed = err
	return n, err
}

// Close ends the fetch, and the connection with it.
func (d *Download) Close() error {
	d.cancel()
	return d.body.Close()
}
