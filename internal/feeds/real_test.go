package feeds_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// startImport: a feed of your own, such as FEED=/path/to/products.csv, imported twice.
func TestRealFeed(t *testing.T) {
	t.Parallel()
	path := os.Getenv("FEED")
	if path == "" {
		t.Skip("FEED names no file")
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	shop := apitest.New(t)
	admin := shop.Admin()
	begun := time.Now()
	first := load(t, shop, admin, content)
	took := time.Since(begun)
	t.Logf(
		"%d rows in %s, %.0f rows/s: %v %v", *first.Rows.Total, took,
		float64(*first.Rows.Total)/took.Seconds(), counted(first), complaints(admin, first.ID),
	)
	begun = time.Now()
	second := load(t, shop, admin, content)
	took = time.Since(begun)
	t.Logf(
		"again in %s, %.0f rows/s: %v", took, float64(*first.Rows.Total)/took.Seconds(),
		counted(second),
	)
	assert.Equal(
		t, [4]int64{0, 0, *first.Rows.Total - first.Rows.Failed, first.Rows.Failed},
		counted(second),
	)
	shop.RequireSound()
}
