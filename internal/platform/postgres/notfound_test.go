package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/postgres"
)

func TestNotFound(t *testing.T) {
	t.Parallel()
	errNone, errOther := errors.New("none"), errors.New("other")
	require.NoError(t, postgres.NotFound(nil, errNone))
	assert.Equal(t, errOther, postgres.NotFound(errOther, errNone))
	assert.Equal(t, errNone, postgres.NotFound(fmt.Errorf("read: %w", pgx.ErrNoRows), errNone))
}
