package catalog

import (
	"context"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// defaultBoughtTogether is how many products are returned unless the client sets a limit.
const defaultBoughtTogether = 8

// ListBoughtTogether answers what customers who paid for a product paid for too, in one statement;
// two when nothing is known.
func (c *Catalog) ListBoughtTogether(
	ctx context.Context, r api.ListBoughtTogetherRequestObject,
) (api.ListBoughtTogetherResponseObject, error) {
	limit := orDefault(r.Params.Limit, int32(defaultBoughtTogether))
	rows, err := c.queries.ListBoughtTogether(ctx, r.ID, limit)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		offered, err := c.queries.IsOffered(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		if !offered {
			return nil, ErrProductNotFound
		}
	}
	body := api.ListBoughtTogether200JSONResponse{
		Items: make([]api.ProductSummary, 0, len(rows)),
		Total: int64(len(rows)),
		Limit: limit,
	}
	for _, row := range rows {
		item, err := c.Summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, item)
	}
	return body, nil
}

// CountSales is the job that learns from orders: which products are bought together, and how
// popular each is.
type CountSales struct{}

// Kind implements river.JobArgs.
func (CountSales) Kind() string { return "catalog.count_sales" }

// AddWorkers adds what works the domain's jobs.
func (c *Catalog) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[CountSales]) error { return c.CountSales(ctx) },
		),
	)
	river.AddWorker(workers, river.WorkFunc(c.sweepFiles))
}

// CountSales counts the sales anew.
func (c *Catalog) CountSales(ctx context.Context) error {
	err := postgres.Tx(ctx, c.pool, func(q *db.Queries) error {
		if err := q.BeginCountingSales(ctx); err != nil {
			return err
		}
		if err := q.ForgetProductPairs(ctx); err != nil {
			return err
		}
		if _, err := q.CountProductPairs(ctx); err != nil {
			return err
		}
		_, err := q.CountPopularity(ctx)
		return err
	})
	if err == nil {
		c.settings.Changed(ctx)
	}
	return err
}
