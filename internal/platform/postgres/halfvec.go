package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"
	pgxvec "github.com/pgvector/pgvector-go/pgx"
)

// halfVectors also writes a vector behind a pointer as it is. pgx would ask that for its text, and
// read the text again, which took half a millisecond.
type halfVectors struct{ pgxvec.HalfVectorCodec }

// PlanEncode implements pgtype.Codec.
func (c halfVectors) PlanEncode(
	m *pgtype.Map, oid uint32, format int16, value any,
) pgtype.EncodePlan {
	if _, ok := value.(*pgvector.HalfVector); !ok {
		return c.HalfVectorCodec.PlanEncode(m, oid, format, value)
	}
	return pointed{c.HalfVectorCodec.PlanEncode(m, oid, format, pgvector.HalfVector{})}
}

type pointed struct{ pgtype.EncodePlan }

// Encode implements pgtype.EncodePlan. The pointer is not nil: pgx writes NULL for one that is.
func (p pointed) Encode(value any, buf []byte) ([]byte, error) {
	return p.EncodePlan.Encode(*value.(*pgvector.HalfVector), buf)
}
