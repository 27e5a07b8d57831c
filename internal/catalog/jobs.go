package catalog

import (
	"context"

	"github.com/riverqueue/river"
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

// AddWorkers registers the workers of the domain's jobs.
func (c *Catalog) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[CountSales]) error { return c.CountSales(ctx) },
		),
	)
	river.AddWorker(workers, river.WorkFunc(c.sweepFiles))
}
