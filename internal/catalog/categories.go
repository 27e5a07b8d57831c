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

// ListCategories returns a page of categories by name.
func (c *Catalog) ListCategories(
	ctx context.Context, r api.ListCategoriesRequestObject,
) (api.ListCategoriesResponseObject, error) {
	body, err := c.categoryPage(ctx, r.Params.ParentID, page.Of(r.Params.Limit, r.Params.Offset))
	return api.ListCategories200JSONResponse(body), err
}

// AdminListCategories is ListCategories for staff.
func (c *Catalog) AdminListCategories(
	ctx context.Context, r api.AdminListCategoriesRequestObject,
) (api.AdminListCategoriesResponseObject, error) {
	body, err := c.categoryPage(ctx, r.Params.ParentID, page.Of(r.Params.Limit, r.Params.Offset))
	return api.AdminListCategories200JSONResponse(body), err
}

func (c *Catalog) categoryPage(
	ctx context.Context, parent *int64, asked page.Page,
) (api.CategoryPage, error) {
	body := api.CategoryPage{Limit: asked.Limit, Offset: asked.Offset}
	var err error
	if body.Total, err = c.queries.CountCategories(ctx, parent); err != nil {
		return body, err
	}
	rows, err := c.queries.ListCategories(ctx, parent, asked.Offset, asked.Limit)
	if err != nil {
		return body, err
	}
	body.Items = make([]api.Category, 0, len(rows))
	for _, row := range rows {
		body.Items = append(body.Items, categoryBody(db.GetCategoryRow(row)))
	}
	return body, nil
}

// GetCategory returns one category.
func (c *Catalog) GetCategory(
	ctx context.Context, r api.GetCategoryRequestObject,
) (api.GetCategoryResponseObject, error) {
	row, err := c.queries.GetCategory(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrCategoryNotFound)
	}
	return api.GetCategory200JSONResponse{
		Body:    categoryBody(row),
		Headers: api.GetCategory200ResponseHeaders{ETag: categoryTag(row)},
	}, nil
}

// CreateCategory creates a category.
func (c *Catalog) CreateCategory(
	ctx context.Context, r api.CreateCategoryRequestObject,
) (api.CreateCategoryResponseObject, error) {
	var created db.GetCategoryRow
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) (err error) {
		params := db.CreateCategoryParams{
			Name:        CleanName(r.Body.Name),
			Description: optional.Value(r.Body.Description),
			ParentID:    r.Body.ParentID,
		}
		if params.Slug, err = c.categorySlug(ctx, q, r.Body.Slug, params.Name); err != nil {
			return err
		}
		id, err := q.CreateCategory(ctx, params)
		if err != nil {
			return err
		}
		created, err = q.GetCategory(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return api.CreateCategory201JSONResponse{
		Body:    categoryBody(created),
		Headers: api.CreateCategory201ResponseHeaders{ETag: categoryTag(created)},
	}, nil
}

// ReplaceCategory replaces every field of a category.
func (c *Catalog) ReplaceCategory(
	ctx context.Context, r api.ReplaceCategoryRequestObject,
) (api.ReplaceCategoryResponseObject, error) {
	row, err := c.changeCategory(ctx, r.ID, r.Params.IfMatch, func(to *db.ReplaceCategoryParams) {
		to.Name, to.Description = CleanName(r.Body.Name), optional.Value(r.Body.Description)
		to.ParentID = r.Body.ParentID
		mergepatch.Set(&to.Slug, r.Body.Slug)
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceCategory200JSONResponse{
		Body:    categoryBody(row),
		Headers: api.ReplaceCategory200ResponseHeaders{ETag: categoryTag(row)},
	}, nil
}

// UpdateCategory changes the fields that were sent.
func (c *Catalog) UpdateCategory(
	ctx context.Context, r api.UpdateCategoryRequestObject,
) (api.UpdateCategoryResponseObject, error) {
	row, err := c.changeCategory(ctx, r.ID, r.Params.IfMatch, func(to *db.ReplaceCategoryParams) {
		mergepatch.Set(&to.Name, cleaned(r.Body.Name))
		mergepatch.Set(&to.Slug, r.Body.Slug)
		mergepatch.Set(&to.Description, r.Body.Description)
		mergepatch.Patch(&to.ParentID, r.Body.ParentID)
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateCategory200JSONResponse{
		Body:    categoryBody(row),
		Headers: api.UpdateCategory200ResponseHeaders{ETag: categoryTag(row)},
	}, nil
}

// changeCategory locks a category, lets edit change its fields, and stores the result.
func (c *Catalog) changeCategory(
	ctx context.Context, id int64, ifMatch *string, edit func(*db.ReplaceCategoryParams),
) (changed db.GetCategoryRow, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		if err := q.LockCategoryTree(ctx); err != nil {
			return err
		}
		now, err := lockCategory(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		next := db.ReplaceCategoryParams{
			ID:          id,
			Name:        now.Name,
			Slug:        now.Slug,
			Description: now.Description,
			ParentID:    now.ParentID,
		}
		edit(&next)
		if next.ParentID != nil {
			cycle, err := q.IsCategoryWithin(ctx, id, *next.ParentID)
			if err != nil {
				return err
			}
			if cycle {
				return ErrCategoryCycle
			}
		}
		if err := q.ReplaceCategory(ctx, next); err != nil {
			return err
		}
		if err := insert(NamesChanged{}); err != nil {
			return err
		}
		changed, err = q.GetCategory(ctx, id)
		return err
	})
	return changed, err
}

// DeleteCategory deletes a category that holds no product and no category.
func (c *Catalog) DeleteCategory(
	ctx context.Context, r api.DeleteCategoryRequestObject,
) (api.DeleteCategoryResponseObject, error) {
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		if _, err := lockCategory(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		if err := q.ReleaseCategory(ctx, &r.ID); err != nil {
			return err
		}
		err := q.DeleteCategory(ctx, r.ID)
		if postgres.Violates(err, "products_category_id_fkey") ||
			postgres.Violates(err, "categories_parent_id_fkey") {
			return ErrCategoryInUse
		}
		return err
	})
	return api.DeleteCategory204Response{}, err
}

func lockCategory(
	ctx context.Context, q *db.Queries, id int64, ifMatch *string,
) (db.Category, error) {
	now, err := q.LockCategory(ctx, id)
	if err != nil {
		return now, postgres.NotFound(err, ErrCategoryNotFound)
	}
	return now, version.Check(ifMatch, now.Version)
}

func (c *Catalog) categorySlug(
	ctx context.Context, q *db.Queries, given *string, name string,
) (string, error) {
	if given != nil {
		return *given, nil
	}
	return firstFree(ctx, q, SlugOf(name, "category"), maxSlug, q.TakenCategorySlugs)
}

func categoryTag(row db.GetCategoryRow) *string {
	return new(version.Tag(row.Version, row.ProductCount))
}

func categoryBody(row db.GetCategoryRow) api.Category {
	return api.Category{
		ID:           row.ID,
		ParentID:     row.ParentID,
		Name:         row.Name,
		Slug:         row.Slug,
		Description:  row.Description,
		ProductCount: row.ProductCount,
		CreatedAt:    row.CreatedAt,
		UpdatedAt:    row.UpdatedAt,
	}
}
