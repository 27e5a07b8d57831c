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

// privates matches the names of private files, which only the server reads. Such a name is never
// served.
var privates = regexp.MustCompile(`^` + private + `[a-z0-9]{20}$`)

// drafts matches private files, and the temporary files next to them that a crash may leave behind.
var drafts = regexp.MustCompile(`^` + private + `[a-z0-9]{20}(\.[0-9a-f]+\.tmp)?$`)

const private = "private/"

// StorePrivate stores a file that only the server reads, of any size and kind, and returns its
// name, which cannot be guessed. The file appears whole or not at all.
func (s *Store) StorePrivate(ctx context.Context, content io.Reader) (string, error) {
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
		cancel() // otherwise Close would complete the file with the content so far
		_ = writer.Close()
		return "", err // of the content, or of the storage
	}
	if err := writer.Close(); err != nil {
		return "", s.failed("store a file", err)
	}
	return name, nil
}

// ReadPrivate opens a private file at a byte offset. ctx must not end before the reader is closed.
func (s *Store) ReadPrivate(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
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

// DeletePrivate deletes a private file, or a temporary one. It returns nil if there is no such
// file.
func (s *Store) DeletePrivate(ctx context.Context, name string) error {
	if !drafts.MatchString(name) {
		return nil
	}
	if err := s.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return s.failed("delete a file", err)
	}
	return nil
}
