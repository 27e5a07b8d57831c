package catalog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/media"
)

// GetProduct answers one active product.
func (c *Catalog) GetProduct(ctx context.Context, r api.GetProductRequestObject) (api.GetProductResponseObject, error) {
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

// GetProductBySlug answers one active product.
func (c *Catalog) GetProductBySlug(ctx context.Context, r api.GetProductBySlugRequestObject) (api.GetProductBySlugResponseObject, error) {
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

// GetMedia answers an image. Its name is the hash of its content and therefore its ETag.
func (c *Catalog) GetMedia(ctx context.Context, r api.GetMediaRequestObject) (api.GetMediaResponseObject, error) {
	file, err := c.media.Get(ctx, r.Path)
	if errors.Is(err, media.ErrNotFound) {
		return nil, ErrMediaNotFound
	}
	if err != nil {
		return nil, err
	}
	return api.GetMedia200ImageResponse{
		Body: file, ContentType: file.ContentType, ContentLength: file.Size, // closed by whoever writes it out
		Headers: api.GetMedia200ResponseHeaders{CacheControl: new(media.CacheControl), ETag: new(`"` + r.Path + `"`)},
	}, nil
}
