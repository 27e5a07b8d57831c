package feeds

import (
	"context"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Statuses of an import that has ended.
const (
	statusCompleted = "completed"
	statusFailed    = "failed"
	statusCancelled = "cancelled"
)

// CancelImport ends an import between two of its batches. The runner stops at its next batch: the
// condition finished_at IS NULL of LockImport then finds no row.
func (f *Feeds) CancelImport(
	ctx context.Context, r api.CancelImportRequestObject,
) (api.CancelImportResponseObject, error) {
	if _, err := f.get(ctx, r.ID); err != nil {
		return nil, err
	}
	if err := f.finish(ctx, r.ID, statusCancelled, ""); err != nil {
		return nil, err
	}
	row, err := f.get(ctx, r.ID)
	return api.CancelImport200JSONResponse(importBody(row)), err
}

// finish ends an import. Every import passes here exactly once: a second call returns ErrFinished.
// What must follow an import belongs into its transaction.
func (f *Feeds) finish(ctx context.Context, id int64, status, message string) error {
	var old *string
	err := f.queue.TxMany(
		ctx,
		func(q *db.Queries, insert func([]river.InsertManyParams) error) error {
			ended, err := q.FinishImport(ctx, status, optional.Of(message), id)
			if err != nil {
				return postgres.NotFound(err, ErrFinished)
			}
			old = ended.OldFile
			if ended.DryRun {
				return nil
			}
			if err := events.RecordImportFinished(ctx, q, events.ImportSummary{
				ID:         id,
				Status:     status,
				Total:      ended.Total,
				Created:    ended.Created,
				Updated:    ended.Updated,
				Unchanged:  ended.Unchanged,
				Failed:     ended.Failed,
				FinishedAt: ended.FinishedAt.UTC(),
			}); err != nil {
				return err
			}
			if ended.Changes > 0 {
				return insert(
					[]river.InsertManyParams{{Args: catalog.NamesChanged{}}},
				) // updates all vectors that are stale
			}
			return nil
		},
	)
	if err != nil {
		return err
	}
	if old != nil {
		if err := f.store.DeletePrivate(context.WithoutCancel(ctx), *old); err != nil {
			f.settings.Log.WarnContext(
				ctx, "the file of an import could not be deleted", "import", id, "file", *old,
				"error", err.Error(),
			)
		}
	}
	return nil
}
