package media

import (
	"errors"
	"io"
)

// Source remembers why reading failed, to tell a broken connection from a broken image or storage.
type Source struct {
	io.Reader
	Failed error // nil at the end of what there is to read
}

// Read implements io.Reader.
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.Failed = err
	}
	return n, err
}
