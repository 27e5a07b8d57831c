package catalog

import (
	"context"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/version"
)

// ListBrands returns a page of brands by name.
func (c *Catalog) ListBrands(
	ctx context.Context, r api.ListBrandsRequestObject,
) (api.ListBrandsResponseObject, error) {
	body, err := c.brandPage(ctx, page.Of(r.Params.Limit, r.Params.Offset))
	return api.ListBrands200JSONResponse(body), err
}

// AdminListBrands is ListBrands for staff.
func (c *Catalog) AdminListBrands(
	ctx context.Context, r api.AdminListBrandsRequestObject,
) (api.AdminListBrandsResponseObject, error) {
	body, err := c.brandPage(ctx, page.Of(r.Params.Limit, r.Params.Offset))
	return api.AdminListBrands200JSONResponse(body), err
}

func (c *Catalog) brandPage(ctx context.Context, asked page.Page) (api.BrandPage, error) {
	body := api.BrandPage{Limit: asked.Limit, Offset: asked.Offset}
	var err error
	if body.Total, err = c.queries.CountBrands(ctx); err != nil {
		return body, err
	}
	rows, err := c.queries.ListBrands(ctx, asked.Offset, asked.Limit)
	if err != nil {
		return body, err
	}
	body.Items = make([]api.Brand, 0, len(rows))
	for _, row := range rows {
		body.Items = append(body.Items, brandBody(db.GetBrandRow(row)))
	}
	return body, nil
}

// GetBrand returns one brand.
func (c *Catalog) GetBrand(
	ctx context.Context, r api.GetBrandRequestObject,
) (api.GetBrandResponseObject, error) {
	row, err := c.queries.GetBrand(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrBrandNotFound)
	}
	return api.GetBrand200JSONResponse{
		Body:    brandBody(row),
		Headers: api.GetBrand200ResponseHeaders{ETag: brandTag(row)},
	}, nil
}

// CreateBrand creates a brand.
func (c *Catalog) CreateBrand(
	ctx context.Context, r api.CreateBrandRequestObject,
) (api.CreateBrandResponseObject, error) {
	var created db.GetBrandRow
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		name := CleanName(r.Body.Name)
		slug, err := c.brandSlug(ctx, q, r.Body.Slug, name)
		if err != nil {
			return err
		}
		id, err := q.CreateBrand(ctx, name, slug, optional.Value(r.Body.Description))
		if err != nil {
			return err
		}
		created, err = q.GetBrand(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return api.CreateBrand201JSONResponse{
		Body:    brandBody(created),
		Headers: api.CreateBrand201ResponseHeaders{ETag: brandTag(created)},
	}, nil
}

// ReplaceBrand replaces every field of a brand.
func (c *Catalog) ReplaceBrand(
	ctx context.Context, r api.ReplaceBrandRequestObject,
) (api.ReplaceBrandResponseObject, error) {
	row, err := c.changeBrand(ctx, r.ID, r.Params.IfMatch, func(to *db.ReplaceBrandParams) {
		to.Name, to.Description = CleanName(r.Body.Name), optional.Value(r.Body.Description)
		mergepatch.Set(&to.Slug, r.Body.Slug)
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceBrand200JSONResponse{
		Body:    brandBody(row),
		Headers: api.ReplaceBrand200ResponseHeaders{ETag: brandTag(row)},
	}, nil
}

// UpdateBrand changes the fields that were sent.
func (c *Catalog) UpdateBrand(
	ctx context.Context, r api.UpdateBrandRequestObject,
) (api.UpdateBrandResponseObject, error) {
	row, err := c.changeBrand(ctx, r.ID, r.Params.IfMatch, func(to *db.ReplaceBrandParams) {
		mergepatch.Set(&to.Name, cleaned(r.Body.Name))
		mergepatch.Set(&to.Slug, r.Body.Slug)
		mergepatch.Set(&to.Description, r.Body.Description)
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateBrand200JSONResponse{
		Body:    brandBody(row),
		Headers: api.UpdateBrand200ResponseHeaders{ETag: brandTag(row)},
	}, nil
}

// changeBrand locks a brand, lets edit change its fields, and stores the result.
func (c *Catalog) changeBrand(
	ctx context.Context, id int64, ifMatch *string, edit func(*db.ReplaceBrandParams),
) (changed db.GetBrandRow, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		now, err := lockBrand(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		next := db.ReplaceBrandParams{
			ID:          id,
			Name:        now.Name,
			Slug:        now.Slug,
			Description: now.Description,
		}
		edit(&next)
		if err := q.ReplaceBrand(ctx, next); err != nil {
			return err
		}
		if err := insert(NamesChanged{}); err != nil {
			return err
		}
		changed, err = q.GetBrand(ctx, id)
		return err
	})
	return changed, err
}

// DeleteBrand deletes a brand that no product has.
func (c *Catalog) DeleteBrand(
	ctx context.Context, r api.DeleteBrandRequestObject,
) (api.DeleteBrandResponseObject, error) {
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		if _, err := lockBrand(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		if err := q.ReleaseBrand(ctx, &r.ID); err != nil {
			return err
		}
		err := q.DeleteBrand(ctx, r.ID)
		if postgres.Violates(err, "products_brand_id_fkey") {
			return ErrBrandInUse
		}
		return err
	})
	return api.DeleteBrand204Response{}, err
}

func lockBrand(ctx context.Context, q *db.Queries, id int64, ifMatch *string) (db.Brand, error) {
	now, err := q.LockBrand(ctx, id)
	if err != nil {
		return now, postgres.NotFound(err, ErrBrandNotFound)
	}
	return now, version.Check(ifMatch, now.Version)
}

func (c *Catalog) brandSlug(
	ctx context.Context, q *db.Queries, given *string, name string,
) (string, error) {
	if given != nil {
		return *given, nil
	}
	return firstFree(ctx, q, SlugOf(name, "brand"), maxSlug, q.TakenBrandSlugs)
}

func brandTag(row db.GetBrandRow) *string { return new(version.Tag(row.Version, row.ProductCount)) }

func brandBody(row db.GetBrandRow) api.Brand {
	return api.Brand{
		ID: row.ID, Name: row.Name, Slug: row.Slug, Description: row.Description,
		ProductCount: row.ProductCount, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}
