package media

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStore(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	store, err := Open(filepath.Join(parent, "images"))
	require.NoError(t, err)
	defer func() { _ = store.Close() }()

	names := make([]string, 8)
	var all sync.WaitGroup
	for i := range names { // the same content, stored by several at once, is one whole file
		all.Go(func() {
			name, err := store.Put([]byte("picture"), "-320.jpg")
			assert.NoError(t, err)
			names[i] = name
		})
	}
	all.Wait()
	for _, name := range names {
		assert.Equal(t, names[0], name)
	}
	files, err := os.ReadDir(filepath.Join(parent, "images"))
	require.NoError(t, err)
	assert.Len(t, files, 1, "no drafts are left")
	file, contentType, err := store.Get(names[0])
	require.NoError(t, err)
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	assert.Equal(t, "picture", string(content))
	assert.Equal(t, "image/jpeg", contentType)

	require.NoError(t, os.WriteFile(filepath.Join(parent, "secret.jpg"), []byte("x"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(parent, "secret.jpg"), filepath.Join(parent, "images", "link.jpg")))
	for _, name := range []string{"../secret.jpg", "link.jpg", "missing.jpg", "", "notes.txt", ".jpg"} {
		_, _, err := store.Get(name)
		assert.Error(t, err, name)
	}
}
