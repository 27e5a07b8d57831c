package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// A vector behind a pointer is sent in the binary format, like a vector itself.
func TestVectorsBehindPointersAreEncodedLikeVectors(t *testing.T) {
	shop := apitest.New(t)
	conn, err := shop.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	half, ok := conn.Conn().TypeMap().TypeForName("halfvec")
	require.True(t, ok)
	vector := pgvector.NewHalfVector([]float32{1, -0.5, 0.25})
	asIs, err := conn.Conn().TypeMap().Encode(half.OID, pgtype.BinaryFormatCode, vector, nil)
	require.NoError(t, err)
	pointed, err := conn.Conn().TypeMap().Encode(half.OID, pgtype.BinaryFormatCode, &vector, nil)
	require.NoError(t, err)
	assert.Equal(t, asIs, pointed)
	assert.Less(t, testing.AllocsPerRun(100, func() {
		_, _ = conn.Conn().TypeMap().Encode(half.OID, pgtype.BinaryFormatCode, &vector, pointed[:0])
	}), 3.0)
	var back *pgvector.HalfVector
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT $1::halfvec", &vector).Scan(&back))
	assert.Equal(t, vector.Slice(), back.Slice())
	require.NoError(
		t,
		conn.QueryRow(t.Context(), "SELECT $1::halfvec", (*pgvector.HalfVector)(nil)).Scan(&back),
	)
	assert.Nil(t, back)
}
