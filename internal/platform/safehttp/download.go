package safehttp

import (
	"context"
	"errors"
	"io"
	"time"
)

// minPerWindow is how many bytes must arrive within Client.stalledAfter: one kilobyte a second. A
// server that sends a byte now and then would keep its reader busy for as long as a whole fetch may
// take.
const minPerWindow = 30 << 10

// Download is the body of a response, decompressed. Read returns ErrTooLarge at the first byte that
// exceeds the limit, and ErrRefused if the connection is lost or the server is too slow.
type Download struct {
	ContentType string // as the server sent it; not to be trusted

	body   io.ReadCloser
	left   int64 // bytes that may still be read
	failed error
	caller context.Context
	cancel context.CancelFunc

	stalledAfter time.Duration
	waited       time.Duration // for the server, since minPerWindow bytes had come last
	came         int           // since then
}

// Read implements io.Reader.
func (d *Download) Read(p []byte) (int, error) {
	if d.failed != nil {
		return 0, d.failed
	}
	if int64(len(p)) > d.left+1 { // one more byte shows whether the content is too large
		p = p[:d.left+1]
	}
	n, err := d.readBody(p)
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

// readBody reads from the server and ends the fetch if that is too slow. Only the time in which it
// waits for the server counts: the caller may be slow itself.
func (d *Download) readBody(p []byte) (int, error) {
	watch := time.AfterFunc(d.stalledAfter-d.waited, d.cancel)
	began := time.Now()
	n, err := d.body.Read(p)
	watch.Stop()
	d.waited, d.came = d.waited+time.Since(began), d.came+n
	if d.came >= minPerWindow {
		d.waited, d.came = 0, 0
	}
	return n, err
}
