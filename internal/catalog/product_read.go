package catalog

import (
	"context"

	"github.com/shopd/shopd/internal/platform/postgres"

	"github.com/shopd/shopd/gen/api"
)

// GetProduct returns one active product.
func (c *Catalog) GetProduct(
	ctx context.Context, r api.GetProductRequestObject,
) (api.GetProductResponseObject, error) {
	row, err := c.queries.GetProduct(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrProductNotFound)
	}
	body, err := c.detail(row)
	return api.GetProduct200JSONResponse{Body: body}, err
}

// GetProductBySlug returns one active product.
func (c *Catalog) GetProductBySlug(
	ctx context.Context, r api.GetProductBySlugRequestObject,
) (api.GetProductBySlugResponseObject, error) {
	row, err := c.queries.GetProductBySlug(ctx, r.Slug)
	if err != nil {
		return nil, postgres.NotFound(err, ErrProductNotFound)
	}
	body, err := c.detail(row)
	return api.GetProductBySlug200JSONResponse{Body: body}, err
}
