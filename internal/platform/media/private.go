package media

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// privates are the names of files that are kept for the server alone: none of them is one that is
// served.
var privates = regexp.MustCompile(`^` + private + `[a-z0-9]{20}$`)

// drafts are kept files, and those beside them that were to become one when a server crashed.
var drafts = regexp.MustCompile(`^` + private + `[a-z0-9]{20}(\.[0-9a-f]+\.tmp)?$`)

const private = "private/"

// Keep stores what the server alone will read, of any size and kind, and answers its name, which
// that cannot be guessed. The file appears whole or not at all.
func (s *Store) Keep(ctx context.Context, content io.Reader) (string, error) {
	name := private + strings.ToLower(rand.Text()[:20])
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	writer, err := s.bucket.NewWriter(
		ctx, name,
		&blob.WriterOptions{ContentType: "application/octet-stream", CacheControl: "no-store"},
	)
	if err != nil {
		return "", s.failed("store a file", err)
	}
	if _, err := io.Copy(writer, content); err != nil {
		cancel() // or closing would give the name to what is there so far
		_ = writer.Close()
		return "", err // of the content, or of the storage
	}
	if err := writer.Close(); err != nil {
		return "", s.failed("store a file", err)
	}
	return name, nil
}

// ReadKept reads a kept file from a byte on. ctx must last until it is closed.
func (s *Store) ReadKept(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	if !privates.MatchString(name) {
		return nil, fmt.Errorf("%q: %w", name, ErrNotFound)
	}
	reader, err := s.bucket.NewRangeReader(ctx, name, from, -1, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, s.failed("open a file", err)
	}
	return reader, nil
}

// Discard deletes a kept file, or what was to become one; one that is not there is no error.
func (s *Store) Discard(ctx context.Context, name string) error {
	if !drafts.MatchString(name) {
		return nil
	}
	if err := s.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return s.failed("delete a file", err)
	}
	return nil
}
