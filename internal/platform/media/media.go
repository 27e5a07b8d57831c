// Package media keeps image files in one folder. A file's name is made from its content, so a name never
// changes its meaning and clients may keep what they have.
package media

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// contentTypes of the files there are; nothing else is served.
var contentTypes = map[string]string{
	".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
}

// ErrNotFound is a name that no file has.
var ErrNotFound = errors.New("no such media file")

// Store is a folder of files. No name leads out of it.
type Store struct{ root *os.Root }

// Open opens the folder, making it if needed.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("UPLOAD_DIR: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("UPLOAD_DIR: %w", err)
	}
	return &Store{root: root}, nil
}

// Close releases the folder.
func (s *Store) Close() error { return s.root.Close() }

// Put stores content and answers its name: the hash of content, then suffix, such as "-400.png". The file
// appears whole or not at all.
func (s *Store) Put(content []byte, suffix string) (string, error) {
	hash := sha256.Sum256(content)
	name := hex.EncodeToString(hash[:12]) + suffix
	if _, err := s.root.Stat(name); err == nil {
		return name, nil
	}
	var random [6]byte
	_, _ = rand.Read(random[:])                         // never fails
	draft := name + "." + hex.EncodeToString(random[:]) // of its own: the same content may be stored twice at once
	if err := s.root.WriteFile(draft, content, 0o644); err != nil {
		return "", fmt.Errorf("store media: %w", err)
	}
	if err := s.root.Rename(draft, name); err != nil {
		return "", fmt.Errorf("store media: %w", err)
	}
	return name, nil
}

// Get opens a file and answers its content type. The caller closes it.
func (s *Store) Get(name string) (*os.File, string, error) {
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		return nil, "", ErrNotFound
	}
	file, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", ErrNotFound
	}
	return file, contentType, err
}
