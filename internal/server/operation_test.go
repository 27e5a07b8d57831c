package server

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parseSize: sizes of bodies, as x-max-body has them.
func TestParseSize(t *testing.T) {
	t.Parallel()
	for extension, want := range map[any]int64{
		"10.0625MiB": 10<<20 + 64<<10, "64KiB": 64 << 10, 512.0: 512, "512": 512,
	} {
		size, err := parseSize(extension)
		require.NoError(t, err)
		assert.Equal(t, want, size)
	}
	for _, extension := range []any{"", "MiB", "10MB", "-1", 0.0, "NaN", "Inf", "9e99MiB", true} {
		_, err := parseSize(extension)
		assert.Error(t, err, "%v", extension)
	}
}
