package catalog

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SweepFiles is the job that deletes the files of uploads that have no row, because a server
// crashed after it stored them.
type SweepFiles struct{}

// Kind implements river.JobArgs.
func (SweepFiles) Kind() string { return "catalog.sweep_files" }

// SweepFiles deletes the files that no image has and that were stored more than a day before now.
// It returns how many.
func (c *Catalog) SweepFiles(ctx context.Context, now time.Time) (deleted int, err error) {
	deleted, err = c.media.Sweep(ctx, now, c.queries.ListUnusedImageFiles)
	if deleted > 0 {
		c.settings.Log.InfoContext(ctx, "unused image files deleted", "files", deleted)
	}
	return deleted, err
}

// sweepFiles runs the job SweepFiles.
func (c *Catalog) sweepFiles(ctx context.Context, _ *river.Job[SweepFiles]) error {
	_, err := c.SweepFiles(ctx, time.Now())
	return err
}
