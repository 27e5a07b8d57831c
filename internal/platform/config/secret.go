package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readSecretKey reads SECRET_KEY from SECRET_KEY_FILE if it is not set itself. With DEBUG=true a
// file that does not exist is created with a random key, so that a shop in containers has its own
// key and still has it after a restart.
func (c *checker) readSecretKey() {
	s := c.s
	if s.SecretKey != "" || s.SecretKeyFile == "" {
		return
	}
	if s.Debug {
		if err := createSecretKey(s.SecretKeyFile); err != nil && !errors.Is(err, fs.ErrExist) {
			c.refuse("SECRET_KEY_FILE", "%v", err)
			return
		}
	}
	text, err := os.ReadFile(s.SecretKeyFile)
	if err != nil {
		c.refuse("SECRET_KEY_FILE", "%v", err)
		return
	}
	s.SecretKey = strings.TrimSpace(string(text))
}

// createSecretKey writes a random key to a file that only its owner can read. It returns
// fs.ErrExist if the file exists. If several processes do so at once, exactly one creates the file,
// and no process sees a part of a key.
func createSecretKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return fs.ErrExist
	}
	var key [48]byte
	_, _ = rand.Read(key[:]) // never fails
	temporary, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Link(temporary.Name(), path)
}
