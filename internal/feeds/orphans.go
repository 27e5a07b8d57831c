package feeds

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SweepFiles is the job that deletes the files of imports that have ended or never began, because a server crashed between
// storing a file and writing it down, or between an import's end and deleting its file.
type SweepFiles struct{}

// Kind implements river.JobArgs.
func (SweepFiles) Kind() string { return "feeds.sweep_files" }

// sweepPeriod is how often files are compared with the imports there are.
const sweepPeriod = 24 * time.Hour

// orphanAge is how old a file must be before it counts as left behind: far older than any upload takes.
const orphanAge = 24 * time.Hour

// SweepFiles deletes the files that no open import has and that were stored more than a day before now. It answers how
// many.
func (f *Feeds) SweepFiles(ctx context.Context, now time.Time) (deleted int, err error) {
	err = f.store.ListKept(ctx, now.Add(-orphanAge), func(names []string) error {
		unused, err := f.queries.ListUnusedFeedFiles(ctx, names)
		if err != nil {
			return err
		}
		for _, name := range unused {
			if err := f.store.Discard(ctx, name); err != nil {
				return err
			}
			deleted++
		}
		return nil
	})
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
