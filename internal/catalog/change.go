package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
)

// change runs work in a transaction and invalidates the cached responses after its commit. insert
// adds a job that runs after the commit.
func (c *Catalog) change(
	ctx context.Context, work func(q *db.Queries, insert func(river.JobArgs) error) error,
) error {
	if err := explain(c.queue.Tx(ctx, work)); err != nil {
		return err
	}
	c.nextTurn.Store(nil)
	c.settings.Changed(ctx)
	return nil
}

// recordEvent records an event of a locked product, with the product as it is now.
func (c *Catalog) recordEvent(
	ctx context.Context, q *db.Queries, kind string, product db.ProductDetail,
) error {
	body, err := c.adminProduct(product)
	if err != nil {
		return err
	}
	return events.Record(
		ctx, q,
		events.Event{Kind: kind, ObjectType: events.Product, ObjectID: product.ID, Data: body},
	)
}

// productChanged ends a change of a locked product: it inserts the job that follows the change,
// records the event, and returns the product as it is now.
func (c *Catalog) productChanged(
	ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, id int64, kind string,
) (db.ProductDetail, error) {
	if err := insert(ProductChanged{id}); err != nil {
		return db.ProductDetail{}, err
	}
	row, err := q.AdminGetProduct(ctx, id)
	if err != nil {
		return db.ProductDetail{}, err
	}
	return row, c.recordEvent(ctx, q, kind, row)
}

// RecordProductEvents records that locked products were created or updated, with each product as it
// is now. It runs three statements, or one when no webhook subscribes to these events.
func (c *Catalog) RecordProductEvents(
	ctx context.Context, q *db.Queries, created, updated []int64,
) error {
	kinds := make(map[int64]string, len(created)+len(updated))
	for _, id := range updated {
		kinds[id] = events.ProductUpdated
	}
	for _, id := range created {
		kinds[id] = events.ProductCreated
	}
	if len(kinds) == 0 {
		return nil
	}
	wanted, err := q.WantsEvents(ctx, []string{events.ProductCreated, events.ProductUpdated})
	if err != nil || !wanted {
		return err
	}
	rows, err := q.ListProductDetails(ctx, slices.Sorted(maps.Keys(kinds)))
	if err != nil {
		return err
	}
	all := make([]events.Event, 0, len(rows))
	for _, row := range rows {
		body, err := c.adminProduct(row)
		if err != nil {
			return err
		}
		all = append(
			all,
			events.Event{
				Kind:       kinds[row.ID],
				ObjectType: events.Product,
				ObjectID:   row.ID,
				Data:       body,
			},
		)
	}
	return events.Record(ctx, q, all...)
}
