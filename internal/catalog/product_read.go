package catalog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/postgres"
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

// GetProductBySlug returns one active product. A slug the product had before is answered by a
// redirect to the one it has now.
func (c *Catalog) GetProductBySlug(
	ctx context.Context, r api.GetProductBySlugRequestObject,
) (api.GetProductBySlugResponseObject, error) {
	row, err := c.queries.GetProductBySlug(ctx, r.Slug)
	if errors.Is(err, pgx.ErrNoRows) {
		return c.followSlug(ctx, r.Slug)
	}
	if err != nil {
		return nil, err
	}
	body, err := c.detail(row)
	return api.GetProductBySlug200JSONResponse{Body: body}, err
}

// followSlug returns a redirect to the product that had a slug before. Its address is relative, so
// that it holds behind a proxy that serves the shop below a path. Browsers must not store it: once
// the product has that slug again, the two redirects would be a circle.
func (c *Catalog) followSlug(
	ctx context.Context, former string,
) (api.GetProductBySlugResponseObject, error) {
	slug, err := c.queries.FollowProductSlug(ctx, former)
	if err != nil {
		return nil, postgres.NotFound(err, ErrProductNotFound)
	}
	return api.GetProductBySlug301Response{Headers: api.GetProductBySlug301ResponseHeaders{
		Location:     slug,
		CacheControl: "no-cache",
	}}, nil
}
