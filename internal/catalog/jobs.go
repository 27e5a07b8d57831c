package catalog

import (
	"context"
	"time"

	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
)

// ProductChanged is the job that follows a change of a product: it updates the product's vector.
type ProductChanged struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (ProductChanged) Kind() string { return "catalog.product_changed" }

// NamesChanged is the job that follows a change of the name of a brand or a category, which their
// products inherit.
type NamesChanged struct{}

// Kind implements river.JobArgs.
func (NamesChanged) Kind() string { return "catalog.names_changed" }

// CountSales is the job that reads from the orders which products are bought together and how
// popular each is.
type CountSales struct{}

// Kind implements river.JobArgs.
func (CountSales) Kind() string { return "catalog.count_sales" }

// HandleJobs registers the domain's jobs, and how often they run.
func (c *Catalog) HandleJobs(queue *jobs.Queue) {
	jobs.Handle(queue, func(ctx context.Context, _ CountSales) error { return c.CountSales(ctx) })
	jobs.HandleJob(queue, 0, c.sweepFiles)
	queue.Every(time.Hour, CountSales{})
	queue.Every(media.SweepPeriod, SweepFiles{})
}
