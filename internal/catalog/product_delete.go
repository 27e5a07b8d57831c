package catalog

import (
	"context"

	"github.com/shopd/shopd/internal/platform/postgres"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
)

// DeleteProduct marks a product as deleted; RestoreProduct brings it back.
func (c *Catalog) DeleteProduct(
	ctx context.Context, r api.DeleteProductRequestObject,
) (api.DeleteProductResponseObject, error) {
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		if _, err := lockProduct(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		if err := q.DeleteProduct(ctx, r.ID); err != nil {
			return err
		}
		row, err := q.AdminGetProduct(ctx, r.ID)
		if err != nil {
			return err
		}
		return c.recordEvent(ctx, q, events.ProductDeleted, row)
	})
	return api.DeleteProduct204Response{}, err
}

// RestoreProduct restores a deleted product.
func (c *Catalog) RestoreProduct(
	ctx context.Context, r api.RestoreProductRequestObject,
) (api.RestoreProductResponseObject, error) {
	var row db.ProductDetail
	err := c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		restored, err := q.RestoreProduct(ctx, r.ID)
		if err != nil {
			return err
		}
		if row, err = q.AdminGetProduct(ctx, r.ID); err != nil || restored == 0 {
			return err
		}
		if err := insert(ProductChanged{r.ID}); err != nil {
			return err
		}
		return c.recordEvent(ctx, q, events.ProductCreated, row)
	})
	if err != nil {
		return nil, postgres.NotFound(err, ErrProductNotFound)
	}
	body, err := c.adminProduct(row)
	return api.RestoreProduct200JSONResponse{
		Body:    body,
		Headers: api.RestoreProduct200ResponseHeaders{ETag: productTag(row)},
	}, err
}
