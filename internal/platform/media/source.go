package media

import (
	"errors"
	"io"
)

// Source records why reading failed, so that a caller can tell a broken connection from a broken
// image or a failure of the storage.
type Source struct {
	io.Reader
	Failed error // nil after io.EOF
}

// Read implements io.Reader.
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.Failed = err
	}
	return n, err
}
