package feeds

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SweepFiles is the job that deletes the files of imports that have ended or never began, because a
// server crashed between storing a file and writing it down, or between an import's end and
// deleting its file.
type SweepFiles struct{}

// Kind implements river.JobArgs.
func (SweepFiles) Kind() string { return "feeds.sweep_files" }

// SweepFiles deletes the files that no open import has and that were stored more than a day before
// now. It answers how many.
func (f *Feeds) SweepFiles(ctx context.Context, now time.Time) (deleted int, err error) {
	deleted, err = f.store.SweepKept(ctx, now, f.queries.ListUnusedFeedFiles)
	if deleted > 0 {
		f.settings.Log.InfoContext(ctx, "files of imports left behind deleted", "files", deleted)
	}
	return deleted, err
}

// sweepFiles works the job.
func (f *Feeds) sweepFiles(ctx context.Context, _ *river.Job[SweepFiles]) error {
	_, err := f.SweepFiles(ctx, time.Now())
	return err
}
