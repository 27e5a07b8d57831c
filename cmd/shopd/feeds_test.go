package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// startImport, exportProducts, by their commands: shopd import and shopd export.
func TestFeedCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DEBUG", "true")
	t.Setenv("LOG_LEVEL", "error")
	t.Setenv("DATABASE_URL", apitest.CreateDatabase(t))
	t.Setenv("REDIS_URL", apitest.RedisURL())
	_, err := run(t, "migrate", "up")
	require.NoError(t, err)
	require.NoError(
		t,
		os.WriteFile(
			"feed.csv", []byte("id,title,price,quantity\nA,One,1.50,3\nB,Two,2.50,4\n"), 0o600,
		),
	)
	if real := os.Getenv("FEED"); real != "" {
		out, err := run(t, "import", real)
		t.Log(out, err)
		out, err = run(t, "import", real)
		t.Log(out, err)
		return
	}
	out, err := run(t, "import", "--dry-run", "feed.csv")
	require.NoError(t, err, out)
	assert.Contains(
		t, out, "2 created, 0 updated, 0 unchanged, 0 failed (dry run: nothing was changed)",
	)
	out, err = run(t, "import", "feed.csv")
	require.NoError(t, err, out)
	assert.Regexp(t, `2 rows in .*, \d+ rows/s: 2 created, 0 updated, 0 unchanged, 0 failed`, out)
	out, err = run(t, "export", "--out", "out.csv")
	require.NoError(t, err, out)
	all, err := run(t, "export")
	require.NoError(t, err)
	written, err := os.ReadFile(filepath.Join(".", "out.csv"))
	require.NoError(t, err)
	assert.Equal(t, all, string(written))
	out, err = run(t, "import", "out.csv")
	require.NoError(t, err, out)
	assert.Contains(t, out, "0 created, 0 updated, 2 unchanged, 0 failed")
	out, err = runWith(t, "id,title,price\nC,Three,none\n", "import", "-")
	require.EqualError(t, err, "1 rows were refused")
	assert.Contains(t, out, "line 2 (row 2, price): is not a price such as 19.99 USD")
	_, err = run(t, "import", "missing.csv")
	require.Error(t, err)
	_, err = runWith(t, "PK\x03\x04", "import", "-")
	assert.ErrorContains(t, err, "ZIP archive")
}
