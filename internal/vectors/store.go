package vectors

import (
	"context"
	"fmt"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// storeProducts stores the vectors of products.
func (r *run) storeProducts(ctx context.Context, tasks []task, vectors [][]float32) error {
	return postgres.Tx(ctx, r.pool, func(q *db.Queries) error {
		for i, t := range tasks {
			err := q.UpsertProductEmbedding(ctx, db.UpsertProductEmbeddingParams{
				ModelID:      r.space.id,
				ProductID:    t.id,
				DocumentHash: t.hash,
				Base:         pgvector.NewVector(vectors[i]),
				ReadAt:       t.readAt,
			})
			if err != nil {
				return fmt.Errorf("vector of product %d: %w", t.id, err)
			}
			if err := q.ClearEmbeddingFailure(ctx, t.id); err != nil {
				return err
			}
		}
		return nil
	})
}

// storeCategories stores the vectors of categories.
func (r *run) storeCategories(ctx context.Context, tasks []task, vectors [][]float32) error {
	return postgres.Tx(ctx, r.pool, func(q *db.Queries) error {
		for i, t := range tasks {
			err := q.UpsertCategoryEmbedding(ctx, db.UpsertCategoryEmbeddingParams{
				ModelID:      r.space.id,
				CategoryID:   t.id,
				DocumentHash: t.hash,
				Base:         pgvector.NewVector(vectors[i]),
			})
			if err != nil {
				return fmt.Errorf("vector of category %d: %w", t.id, err)
			}
		}
		return nil
	})
}

// maxReason is how many bytes of the reason for a refusal are stored.
const maxReason = 300

// recordFailure records that the model refuses a product.
func (r *run) recordFailure(ctx context.Context, t task, cause error) error {
	reason := cause.Error()
	return r.queries.RecordEmbeddingFailure(ctx, t.id, reason[:min(len(reason), maxReason)])
}
