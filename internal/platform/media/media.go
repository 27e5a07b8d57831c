// Package media stores image files, in a folder or in a bucket. The name of a file is made from its
// content, so a file never changes, and clients may cache it forever.
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
	_ "gocloud.dev/blob/s3blob" // supports s3://
	"gocloud.dev/gcerrors"
)

// CacheControl is sent with every file.
const CacheControl = "public, max-age=31536000, immutable"

// contentTypes are the types of the files that are served, by extension.
var contentTypes = map[string]string{
	".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
}

// names matches the names of files that are served. Other names are never looked up.
var names = regexp.MustCompile(`^[a-z0-9_-]{1,200}\.(jpg|png|webp|gif)$`)

// ErrNotFound is returned for a name that no file has.
var ErrNotFound = errors.New("no such media file")

// Store stores files. It is safe for concurrent use, also by several processes.
type Store struct {
	bucket  *blob.Bucket
	folder  string // empty: the files are in a bucket
	setting string // the setting that says where the files are; every error begins with it
}

// File is an open file; the caller closes it.
type File struct {
	io.ReadSeekCloser
	Size        int64 // bytes
	ContentType string
}

// Open opens the bucket at bucketURL, such as s3://shop-media?region=eu-central-1, or the folder
// dir if bucketURL is empty. It creates the folder if needed. It makes no call to a bucket; use
// Check to find out whether it can be reached.
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
		// Drafts are next to the files, since they can be renamed only within one file system.
		NoTempDir: true,
	})
	if err != nil {
		return nil, s.failed("open", err)
	}
	s.bucket = bucket
	return s, nil
}

// failed returns an error that names the setting and what was being done.
func (s *Store) failed(doing string, err error) error {
	return fmt.Errorf("%s: %s: %w", s.setting, doing, err)
}

// Close closes the folder or bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Check returns an error if the folder or bucket does not exist or cannot be read.
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

// Put stores content and returns its name: the hash of content, then suffix, such as "-400.png".
// The file appears whole or not at all.
func (s *Store) Put(ctx context.Context, content []byte, suffix string) (string, error) {
	hash := sha256.Sum256(content)
	name := hex.EncodeToString(hash[:12]) + suffix
	if !names.MatchString(name) {
		return "", fmt.Errorf("%q is no suffix of an image's name", suffix)
	}
	stored, err := s.bucket.Attributes(ctx, name)
	// A file that is shorter was left behind by a crash of the machine, and is written again.
	if err == nil && stored.Size == int64(len(content)) {
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
		cancel() // otherwise Close would complete the file with the content so far
		return errors.Join(err, writer.Close())
	}
	return writer.Close()
}

// Get opens a file, or returns ErrNotFound. ctx must not end before the file is closed.
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

// Delete deletes a file. It returns nil if there is no such file.
func (s *Store) Delete(ctx context.Context, name string) error {
	if !names.MatchString(name) {
		return nil
	}
	if err := s.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return s.failed("delete "+name, err)
	}
	return nil
}
