package feeds

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// FetchImages is the job that fetches the images an import names and adds them to a product.
type FetchImages struct {
	Import  int64    `json:"import"`
	Product int64    `json:"product"`
	Row     int64    `json:"row"`
	Line    int64    `json:"line"`
	URLs    []string `json:"urls"`
}

// Kind implements river.JobArgs.
func (FetchImages) Kind() string { return "feeds.fetch_images" }

// imageJobs returns the jobs of a written plan: one for each product with new images.
func imageJobs(id int64, pl *plan) []river.InsertManyParams {
	places := map[int64]*item{}
	for _, v := range pl.variants {
		if places[v.productID] == nil {
			places[v.productID] = v.item
		}
	}
	all := make([]river.InsertManyParams, 0, len(pl.images))
	for _, product := range slices.Sorted(maps.Keys(pl.images)) {
		args := FetchImages{
			Import:  id,
			Product: product,
			URLs:    pl.images[product][:min(maxImages, len(pl.images[product]))],
		}
		if at := places[product]; at != nil {
			args.Row, args.Line = at.row, at.line
		} else if at := pl.imageRows[product]; at != nil {
			args.Row, args.Line = at.row, at.line
		}
		all = append(
			all,
			river.InsertManyParams{
				Args:       args,
				InsertOpts: &river.InsertOpts{Queue: jobs.Fetches, MaxAttempts: 3},
			},
		)
	}
	return all
}

// imagesTimeout is the timeout of FetchImages: each of a product's images may take half a minute.
const imagesTimeout = 10 * time.Minute

// fetchImages runs FetchImages. An image that cannot be fetched becomes a warning of the import; a
// fault of the server is retried.
func (f *Feeds) fetchImages(ctx context.Context, job *river.Job[FetchImages]) error {
	args := job.Args
	stored, err := f.queries.ListFeedImages(ctx, args.Product)
	if err != nil {
		return err
	}
	for _, address := range args.URLs {
		if slices.Contains(stored, address) {
			continue
		}
		err := f.catalog.AddImage(
			ctx,
			args.Product,
			address,
			func(ctx context.Context, q *db.Queries, image int64) error {
				return q.CreateFeedImage(ctx, image, args.Product, address)
			},
		)
		var known *problem.Error
		switch {
		case err == nil, postgres.Violates(err, "feed_images_url_key"): // another job added it
		case errors.Is(err, catalog.ErrProductNotFound):
			return nil
		case errors.As(err, &known) && known.Status < 500:
			if err := f.warn(
				ctx, args, fmt.Sprintf("%s %s", clip(address), known.Detail),
			); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// warn stores and counts a warning.
func (f *Feeds) warn(ctx context.Context, args FetchImages, message string) error {
	return postgres.Tx(ctx, f.pool, func(q *db.Queries) error {
		if err := q.CountImportWarnings(ctx, 1, args.Import); err != nil { // locks the import
			return err
		}
		return q.AddImportErrors(ctx, db.AddImportErrorsParams{
			ImportID: args.Import,
			Rows:     []int64{args.Row},
			Lines:    []int64{args.Line},
			Columns:  []string{string(colImage)},
			Messages: []string{message},
			Warnings: []bool{true},
		})
	})
}
