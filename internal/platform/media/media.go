// Package media keeps image files, in one folder or in a bucket. A file's name is made from its
// content, so a name never changes its meaning and clients may keep what they have.
package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // makes s3:// known
	"gocloud.dev/gcerrors"
)

// CacheControl of every file, forever the same under its name.
const CacheControl = "public, max-age=31536000, immutable"

// contentTypes of the files there are; nothing else is served.
var contentTypes = map[string]string{
	".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
}

// names are those of files. Other ones reach neither the folder nor the bucket.
var names = regexp.MustCompile(`^[a-z0-9_-]{1,200}\.(jpg|png|webp|gif)$`)

// ErrNotFound is a name that no file has.
var ErrNotFound = errors.New("no such media file")

// Store is where the files are. It is safe for concurrent use, also by several processes.
type Store struct {
	bucket  *blob.Bucket
	folder  string // empty: the files are in a bucket
	setting string // that says where, and is named in every failure
}

// File is an open file; the caller closes it.
type File struct {
	io.ReadSeekCloser
	Size        int64 // bytes
	ContentType string
}

// Open opens the bucket at bucketURL, such as s3://shop-media?region=eu-central-1, or without one
// the folder dir, making it if needed. A bucket is not asked for anything yet: whether it answers
// is for Check to say.
func Open(ctx context.Context, dir, bucketURL string) (*Store, error) {
	if bucketURL == "" {
		return openFolder(dir)
	}
	s := &Store{setting: "MEDIA_BUCKET"}
	bucket, err := blob.OpenBucket(ctx, bucketURL)
	if err != nil {
		return nil, s.failed("open", err)
	}
	s.bucket = bucket
	return s, nil
}

func openFolder(dir string) (*Store, error) {
	s := &Store{folder: dir, setting: "UPLOAD_DIR"}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{
		Metadata: fileblob.MetadataDontWrite, CreateDir: true, DirFileMode: 0o755,
		NoTempDir: true, // a file may be moved to its name only within one file system
	})
	if err != nil {
		return nil, s.failed("open", err)
	}
	s.bucket = bucket
	return s, nil
}

// failed names the setting that a failure of the storage has to do with.
func (s *Store) failed(doing string, err error) error {
	return fmt.Errorf("%s: %s: %w", s.setting, doing, err)
}

// Close lets go of the folder or bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Check reports whether the folder or bucket is there and may be read.
func (s *Store) Check(ctx context.Context) error {
	if s.folder != "" { // listing would walk over all files
		if _, err := os.Stat(s.folder); err != nil {
			return s.failed("check", err)
		}
		return nil
	}
	if _, _, err := s.bucket.ListPage(ctx, blob.FirstPageToken, 1, nil); err != nil {
		return s.failed("check", err)
	}
	return nil
}

// Put stores content and answers its name: the hash of content, then suffix, such as "-400.png".
// The file appears whole or not at all.
func (s *Store) Put(ctx context.Context, content []byte, suffix string) (string, error) {
	hash := sha256.Sum256(content)
	name := hex.EncodeToString(hash[:12]) + suffix
	if !names.MatchString(name) {
		return "", fmt.Errorf("%q is no suffix of an image's name", suffix)
	}
	stored, err := s.bucket.Attributes(ctx, name)
	if err == nil &&
		stored.Size == int64(len(content)) { // less is what a crash of the machine may leave
		return name, nil
	}
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return "", s.failed("store "+name, err)
	}
	if err := s.write(ctx, name, bytes.NewReader(content)); err != nil {
		return "", s.failed("store "+name, err)
	}
	return name, nil
}

func (s *Store) write(ctx context.Context, name string, content io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	writer, err := s.bucket.NewWriter(ctx, name, &blob.WriterOptions{
		ContentType: contentTypes[path.Ext(name)], CacheControl: CacheControl,
	})
	if err != nil {
		return err
	}
	if _, err := io.Copy(writer, content); err != nil {
		cancel() // or closing would give the name to what is there so far
		return errors.Join(err, writer.Close())
	}
	return writer.Close()
}

// Get opens a file. ctx must last until it is closed.
func (s *Store) Get(ctx context.Context, name string) (*File, error) {
	if !names.MatchString(name) {
		return nil, ErrNotFound
	}
	reader, err := s.bucket.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, s.failed("open "+name, err)
	}
	return &File{
		ReadSeekCloser: reader,
		Size:           reader.Size(),
		ContentType:    contentTypes[path.Ext(name)],
	}, nil
}

// Delete deletes a file; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	if !names.MatchString(name) {
		return nil
	}
	if err := s.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return s.failed("delete "+name, err)
	}
	return nil
}
