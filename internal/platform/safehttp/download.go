package safehttp

import (
	"context"
	"errors"
	"io"
)

// Download is the body of a response, decompressed. Read returns ErrTooLarge at the first byte that
// exceeds the limit, and ErrRefused if the connection is lost or the server is too slow.
type Download struct {
	ContentType string // as the server sent it; not to be trusted

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
	if int64(len(p)) > d.left+1 { // one more byte shows whether the content is too large
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

// Close ends the download and closes its connection.
func (d *Download) Close() error {
	d.cancel()
	return d.body.Close()
}
