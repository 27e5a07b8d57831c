package feeds_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport: files that crashed servers left behind are deleted.
func TestFilesOfCrashedImportsAreSweptAway(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	shop := apitest.New(t, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})
	admin := shop.Admin()
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(folder, "private", "*"))
		require.NoError(t, err)
		return found
	}
	sweep := func(now time.Time) int {
		deleted, err := shop.App.Feeds.SweepFiles(t.Context(), now)
		require.NoError(t, err)
		return deleted
	}
	var waiting api.Import
	admin.Post(imports, form(t, []byte(phones))).Want(http.StatusAccepted).Into(&waiting)
	begun := files()
	require.Len(t, begun, 1)
	const foreign = "backup.tar"
	for _, name := range []string{
		"abcdefghij0123456789", "abcdefghij0123456789.18a2b3c4d5e6f708.tmp", foreign,
	} {
		require.NoError(
			t, os.WriteFile(filepath.Join(folder, "private", name), []byte("left behind"), 0o600),
		)
	}

	assert.Zero(t, sweep(time.Now()), "an upload may be under way")
	assert.Len(t, files(), 4)

	tomorrow := time.Now().Add(25 * time.Hour)
	assert.Equal(t, 2, sweep(tomorrow), "files of no import, and files never written to their end")
	assert.ElementsMatch(
		t, []string{begun[0], filepath.Join(folder, "private", foreign)}, files(),
		"an import that waits keeps its file",
	)

	ended, err := os.ReadFile(begun[0])
	require.NoError(t, err)
	assert.Equal(t, [4]int64{5, 0, 0, 0}, counted(work(t, shop, admin, waiting.ID)))
	require.NoError(
		t, os.WriteFile(begun[0], ended, 0o600),
		"as if the server had died before it deleted the file",
	)
	assert.Equal(t, 1, sweep(tomorrow))
	assert.Equal(
		t, []string{filepath.Join(folder, "private", foreign)}, files(),
		"what is none of ours stays",
	)
}
