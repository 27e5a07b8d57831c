package feeds

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/jobs"
)

// Ends of an import.
const (
	statusCompleted = "completed"
	statusFailed    = "failed"
	statusCancelled = "cancelled"
)

// finish is where an import ends, once, however it does. What must follow an import belongs here,
// in its transaction.
func (f *Feeds) finish(ctx context.Context, id int64, status, message string) error {
	var old *string
	err := f.queue.TxMany(
		ctx,
		func(q *db.Queries, insert func([]river.InsertManyParams) error) error {
			var because *string
			if message != "" {
				because = &message
			}
			ended, err := q.FinishImport(ctx, status, because, id)
			if errors.Is(err, pgx.ErrNoRows) {
				return ErrFinished
			}
			if err != nil {
				return err
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
				) // all vectors that are stale
			}
			return nil
		},
	)
	if err != nil {
		return err
	}
	if old != nil {
		if err := f.store.Discard(context.WithoutCancel(ctx), *old); err != nil {
			f.settings.Log.WarnContext(
				ctx, "the file of an import stays behind", "import", id, "file", *old, "error",
				err.Error(),
			)
		}
	}
	return nil
}

// enqueue makes an import and the job that works on it.
func (f *Feeds) enqueue(
	ctx context.Context, params db.CreateImportParams,
) (made db.Import, err error) {
	err = f.queue.TxMany(
		ctx,
		func(q *db.Queries, insert func([]river.InsertManyParams) error) (err error) {
			if made, err = q.CreateImport(ctx, params); err != nil {
				return err
			}
			return insert(
				[]river.InsertManyParams{
					{Args: Work{made.ID}, InsertOpts: &river.InsertOpts{Queue: jobs.Imports}},
				},
			)
		},
	)
	return made, err
}
