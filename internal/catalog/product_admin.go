package catalog

import (
	"context"
	"strings"

	"github.com/shopd/shopd/internal/platform/gtin"
	"github.com/shopd/shopd/internal/platform/postgres"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// AdminListProducts returns a page of products of any status, in full, newest first.
func (c *Catalog) AdminListProducts(
	ctx context.Context, r api.AdminListProductsRequestObject,
) (api.AdminListProductsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.AdminListProductsParams{
		Q:          phrase(p.Q),
		CategoryID: p.CategoryID,
		BrandID:    p.BrandID,
		BeforeID:   asked.Key(0),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Status != nil {
		params.Status = string(*p.Status)
	}
	if p.Gtin != nil {
		params.GTIN = new(gtin.Pad(*p.Gtin))
	}
	if p.Q != nil && isGTIN(strings.TrimSpace(*p.Q)) {
		params.QGTIN = new(gtin.Pad(strings.TrimSpace(*p.Q)))
	}
	rows, err := c.planned.AdminListProducts(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.AdminListProducts200JSONResponse{
		Items:  make([]api.AdminProduct, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		item, err := c.adminProduct(row.ProductDetail)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, item)
	}
	if !asked.HasCursor() {
		body.Total = new(int64(0))
		if len(rows) > 0 {
			body.Total = &rows[0].Total
		} else if asked.Offset > 0 { // past the last page: read the first one
			params.PageLimit, params.PageOffset = 1, 0
			first, err := c.planned.AdminListProducts(ctx, params)
			if err != nil {
				return nil, err
			}
			if len(first) > 0 {
				body.Total = &first[0].Total
			}
		}
	}
	if body.Total == nil || int64(asked.Offset)+int64(len(rows)) < *body.Total {
		body.NextCursor = page.Next(asked, rows, func(r db.AdminListProductsRow) page.Keys {
			return page.Keys{r.ProductDetail.ID}
		})
	}
	return body, nil
}

// isGTIN reports whether a text has the form of a GTIN.
func isGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
		return strings.Trim(text, "0123456789") == ""
	}
	return false
}

// AdminGetProduct returns one product of any status.
func (c *Catalog) AdminGetProduct(
	ctx context.Context, r api.AdminGetProductRequestObject,
) (api.AdminGetProductResponseObject, error) {
	row, err := c.anyProduct(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	body, err := c.adminProduct(row)
	return api.AdminGetProduct200JSONResponse{
		Body:    body,
		Headers: api.AdminGetProduct200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// adminProduct returns a product as staff see it.
func (c *Catalog) adminProduct(row db.ProductDetail) (api.AdminProduct, error) {
	p, err := c.staffDetail(row)
	status := api.ProductStatusInactive
	switch {
	case row.DeletedAt != nil:
		status = api.ProductStatusDeleted
	case row.IsActive:
		status = api.ProductStatusActive
	}
	return api.AdminProduct{
		ID:               p.ID,
		Sku:              p.Sku,
		Gtin:             p.Gtin,
		Name:             p.Name,
		Slug:             p.Slug,
		Description:      p.Description,
		Brand:            p.Brand,
		Category:         p.Category,
		Price:            p.Price,
		DiscountPrice:    p.DiscountPrice,
		DiscountStartsAt: p.DiscountStartsAt,
		DiscountEndsAt:   p.DiscountEndsAt,
		DiscountPercent:  p.DiscountPercent,
		Currency:         p.Currency,
		Stock:            p.Stock,
		InStock:          p.InStock,
		Availability:     p.Availability,
		Condition:        p.Condition,
		Status:           status,
		IsFeatured:       p.IsFeatured,
		IsActive:         p.IsActive,
		Images:           p.Images,
		Attributes:       p.Attributes,
		Variants:         p.Variants,
		Rating:           p.Rating,
		CreatedAt:        p.CreatedAt,
		UpdatedAt:        p.UpdatedAt,
		DeletedAt:        row.DeletedAt,
	}, err
}

// anyProduct reads a product of any status.
func (c *Catalog) anyProduct(ctx context.Context, id int64) (db.ProductDetail, error) {
	row, err := c.queries.AdminGetProduct(ctx, id)
	return row, postgres.NotFound(err, ErrProductNotFound)
}
