package catalog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
)

// GetProduct returns one active product.
func (c *Catalog) GetProduct(
	ctx context.Context, r api.GetProductRequestObject,
) (api.GetProductResponseObject, error) {
	row, err := c.queries.GetProduct(ctx, r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrProductNotFound
	}
	if err != nil {
		return nil, err
	}
	body, err := c.detail(row)
	return api.GetProduct200JSONResponse{Body: body}, err
}

// GetProductBySlug returns one active product.
func (c *Catalog) GetProductBySlug(
	ctx context.Context, r api.GetProductBySlugRequestObject,
) (api.GetProductBySlugResponseObject, error) {
	row, err := c.queries.GetProductBySlug(ctx, r.Slug)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrProductNotFound
	}
	if err != nil {
		return nil, err
	}
	body, err := c.detail(row)
	return api.GetProductBySlug200JSONResponse{Body: body}, err
}
