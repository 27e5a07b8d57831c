package catalog

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/platform/imaging"
	"github.com/shopd/shopd/internal/platform/request"
)

// storeRenditions stores an image in all its sizes, or in none. The file names are unique to this
// upload: deleting another image of the same content at the same moment never deletes these files.
func (c *Catalog) storeRenditions(
	ctx context.Context, renditions []imaging.Rendition,
) ([]storedSize, error) {
	unique := strings.ToLower(rand.Text()[:10])
	sizes := make([]storedSize, 0, len(renditions))
	for _, r := range renditions {
		path, err := c.media.Put(
			ctx, r.Content, fmt.Sprintf("-%s-%d%s", unique, max(r.Width, r.Height), r.Extension),
		)
		if err != nil {
			c.removeUnused(ctx, sizes)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, ErrStorage.Because(err)
		}
		sizes = append(sizes, storedSize{path, int32(r.Width), int32(r.Height)})
	}
	return sizes, nil
}

// cleanupTimeout is how long deleting files may take once the request is over.
const cleanupTimeout = 10 * time.Second

// removeUnused deletes those of the files that no image has, even if the client disconnected. It
// logs files that it could not delete; the job SweepFiles deletes them a day later.
func (c *Catalog) removeUnused(ctx context.Context, sizes []storedSize) {
	if len(sizes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	paths := make([]string, len(sizes))
	for i, size := range sizes {
		paths[i] = size.Path
	}
	// A transaction whose commit was not confirmed may have committed: its image has the files.
	unused, err := c.queries.ListUnusedImageFiles(ctx, paths)
	for _, path := range unused {
		if failed := c.media.Delete(ctx, path); failed != nil {
			err = failed
		}
	}
	if err != nil {
		c.settings.Log.WarnContext(
			ctx, "unused image files not deleted",
			"request_id", request.From(ctx).ID, "files", paths, "error", err.Error(),
		)
	}
}
