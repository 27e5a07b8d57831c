package catalog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListCategories answers a page of categories by name.
func (c *Catalog) ListCategories(ctx context.Context, r api.ListCategoriesRequestObject) (api.ListCategoriesResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	total, err := c.queries.CountCategories(ctx, r.Params.ParentID)
	if err != nil {
		return nil, err
	}
	rows, err := c.queries.ListCategories(ctx, r.Params.ParentID, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListCategories200JSONResponse{Items: make([]api.Category, 0, len(rows)), Total: total, Limit: asked.Limit, Offset: asked.Offset}
	for _, row := range rows {
		body.Items = append(body.Items, categoryBody(db.GetCategoryRow(row)))
	}
	return body, nil
}

// GetCategory answers one category.
func (c *Catalog) GetCategory(ctx context.Context, r api.GetCategoryRequestObject) (api.GetCategoryResponseObject, error) {
	row, err := c.queries.GetCategory(ctx, r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrCategoryNotFound
	}
	if err != nil {
		return nil, err
	}
	return api.GetCategory200JSONResponse{Body: categoryBody(row)}, nil
}

func categoryBody(row db.GetCategoryRow) api.Category {
	return api.Category{
		ID: row.ID, ParentID: row.ParentID, Name: row.Name, Slug: row.Slug, Description: row.Description,
		ProductCount: row.ProductCount, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}

// ListBrands answers a page of brands by name.
func (c *Catalog) ListBrands(ctx context.Context, r api.ListBrandsRequestObject) (api.ListBrandsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	total, err := c.queries.CountBrands(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.queries.ListBrands(ctx, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListBrands200JSONResponse{Items: make([]api.Brand, 0, len(rows)), Total: total, Limit: asked.Limit, Offset: asked.Offset}
	for _, row := range rows {
		body.Items = append(body.Items, brandBody(db.GetBrandRow(row)))
	}
	return body, nil
}

// GetBrand answers one brand.
func (c *Catalog) GetBrand(ctx context.Context, r api.GetBrandRequestObject) (api.GetBrandResponseObject, error) {
	row, err := c.queries.GetBrand(ctx, r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrBrandNotFound
	}
	if err != nil {
		return nil, err
	}
	return api.GetBrand200JSONResponse{Body: brandBody(row)}, nil
}

func brandBody(row db.GetBrandRow) api.Brand {
	return api.Brand{
		ID: row.ID, Name: row.Name, Slug: row.Slug, Description: row.Description,
		ProductCount: row.ProductCount, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}

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
