package server

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No operation: a body that arrives at the last moment leaves time to work and to respond.
func TestResponsesMayTakeLongerThanBodies(t *testing.T) {
	t.Parallel()
	operations, err := readContract()
	require.NoError(t, err)
	for _, op := range operations {
		read, write := deadlines(op)
		if len(op.media) == 0 {
			continue
		}
		assert.GreaterOrEqual(t, write, max(read, bodyTimeout)+writeGrace, op.id)
		if op.timeout <= bodyTimeout {
			assert.GreaterOrEqual(t, write, bodyTimeout+op.timeout+writeGrace, op.id)
		}
	}
}
