package feeds

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
)

// ImportJob is the job that runs an import for a slice of time.
type ImportJob struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (ImportJob) Kind() string { return "feeds.import" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ImportJob) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: jobs.Imports} }

// Resume is the periodic job that enqueues imports whose server died.
type Resume struct{}

// Kind implements river.JobArgs.
func (Resume) Kind() string { return "feeds.resume" }

// HandleJobs registers the domain's jobs, and how often the periodic ones run.
func (f *Feeds) HandleJobs(queue *jobs.Queue) {
	jobs.HandleJob(queue, importTimeout, f.runJob)
	jobs.HandleJob(queue, imagesTimeout, f.fetchImages)
	jobs.Handle(queue, func(ctx context.Context, _ Resume) error { return f.resume(ctx) })
	jobs.Handle(queue, func(ctx context.Context, _ SweepFiles) error {
		_, err := f.SweepFiles(ctx, time.Now())
		return err
	})
	queue.Every(resumePeriod, Resume{})
	queue.Every(media.SweepPeriod, SweepFiles{})
}

// importTimeout is the timeout of ImportJob. A slice ends by itself, but its last batch or the
// download of a file may take longer.
const importTimeout = 10 * time.Minute

// runJob runs an import for a slice of time, because River takes a job that lasts long for dead.
func (f *Feeds) runJob(ctx context.Context, job *river.Job[ImportJob]) error {
	more, err := f.RunImport(ctx, job.Args.ID, time.Now().Add(slice), nil)
	switch {
	case err != nil && job.Attempt >= maxAttempts:
		return f.finish(
			ctx, job.Args.ID, statusFailed,
			"The import failed repeatedly because of a fault of the server. "+
				"It did what its counts say; start it again.",
		)
	case err != nil:
		return err
	case more:
		return river.JobSnooze(0)
	}
	return nil
}

// maxAttempts is how often a job may fail before its import fails.
const maxAttempts = 10

// resume enqueues a job for each import that has no living runner.
func (f *Feeds) resume(ctx context.Context) error {
	ids, err := f.queries.ListAbandonedImports(ctx, int32(silence/time.Second))
	if err != nil || len(ids) == 0 {
		return err
	}
	return f.queue.TxMany(
		ctx,
		func(_ *db.Queries, insert func([]river.InsertManyParams) error) error {
			all := make([]river.InsertManyParams, len(ids))
			for i, id := range ids {
				all[i] = river.InsertManyParams{Args: ImportJob{id}, InsertOpts: &river.InsertOpts{
					Queue:      jobs.Imports,
					UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: silence},
				}}
			}
			return insert(all)
		},
	)
}
