package catalog_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// createProductImage: files of uploads that a crash cut off are swept away later.
func TestFilesOfCrashedUploadsAreSweptAway(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	shown := g.upload(form(file(asPNG(t, picture(400, 300)))))
	const orphan, foreign = "0123456789abcdef01234567-crashed-320.jpg", "backup.tar"
	for _, name := range []string{orphan, foreign} {
		require.NoError(
			t, os.WriteFile(filepath.Join(g.folder, name), []byte("left behind"), 0o600),
		)
	}
	before := g.files(t)
	sweep := func(now time.Time) int {
		deleted, err := g.App.Catalog.SweepFiles(t.Context(), now)
		require.NoError(t, err)
		return deleted
	}

	assert.Zero(t, sweep(time.Now()), "an upload may be under way")
	assert.Equal(t, before, g.files(t))

	tomorrow := time.Now().Add(25 * time.Hour)
	assert.Equal(t, 1, sweep(tomorrow))
	assert.Len(t, g.files(t), len(before)-1)
	assert.NotContains(t, g.files(t), orphan)
	assert.Contains(t, g.files(t), foreign, "what is no image file is not ours")
	for _, size := range shown.Sizes {
		g.Get(size.URL).Want(http.StatusOK)
	}
	assert.Zero(t, sweep(tomorrow), "once is enough")
}
