package feeds

import (
	"context"
	"time"
)

// SweepFiles is the periodic job that deletes files that belong to no open import. A server leaves
// such a file behind when it crashes between storing the file and creating the import, or between
// the end of the import and deleting the file.
type SweepFiles struct{}

// Kind implements river.JobArgs.
func (SweepFiles) Kind() string { return "feeds.sweep_files" }

// SweepFiles deletes the files that belong to no open import and were stored more than a day before
// now. It returns how many.
func (f *Feeds) SweepFiles(ctx context.Context, now time.Time) (deleted int, err error) {
	deleted, err = f.store.SweepPrivate(ctx, now, f.queries.ListUnusedFeedFiles)
	if deleted > 0 {
		f.settings.Log.InfoContext(ctx, "deleted files that belong to no import", "files", deleted)
	}
	return deleted, err
}
