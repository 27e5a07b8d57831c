package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListProducts answers a page of active products.
func (c *Catalog) ListProducts(
	ctx context.Context, r api.ListProductsRequestObject,
) (api.ListProductsResponseObject, error) {
	params, err := c.Filters(r.Params)
	if err != nil {
		return nil, err
	}
	body, err := c.listProducts(ctx, params, r.Params.Cursor, r.Params.Limit, r.Params.Offset)
	if err != nil {
		return nil, err
	}
	if r.Params.Facets != nil && *r.Params.Facets {
		if body.Facets, err = c.keptFacets(ctx, params); err != nil {
			return nil, err
		}
	}
	return api.ListProducts200JSONResponse(body), nil
}

// ListFeaturedProducts answers a page of featured products, newest first.
func (c *Catalog) ListFeaturedProducts(
	ctx context.Context, r api.ListFeaturedProductsRequestObject,
) (api.ListFeaturedProductsResponseObject, error) {
	params := &db.ListProductsParams{Featured: new(true), Sort: string(api.ProductSortCreatedDesc)}
	body, err := c.listProducts(ctx, params, r.Params.Cursor, r.Params.Limit, r.Params.Offset)
	if err != nil {
		return nil, err
	}
	return api.ListFeaturedProducts200JSONResponse(body), nil
}

// ListProductOffers answers a page of products on sale, newest first.
func (c *Catalog) ListProductOffers(
	ctx context.Context, r api.ListProductOffersRequestObject,
) (api.ListProductOffersResponseObject, error) {
	params := &db.ListProductsParams{OnSale: new(true), Sort: string(api.ProductSortCreatedDesc)}
	body, err := c.listProducts(ctx, params, r.Params.Cursor, r.Params.Limit, r.Params.Offset)
	if err != nil {
		return nil, err
	}
	return api.ListProductOffers200JSONResponse(body), nil
}

// listProducts answers one page in one statement; two when the page lies behind the end.
func (c *Catalog) listProducts(
	ctx context.Context, params *db.ListProductsParams, cursor *string, limit, offset *int32,
) (api.ProductPage, error) {
	asked := page.Of(limit, offset)
	if cursor != nil {
		if offset != nil && *offset != 0 {
			return api.ProductPage{}, page.ErrCursorOffset
		}
		if err := resume(params, *cursor); err != nil {
			return api.ProductPage{}, err
		}
	}
	counted, known := c.counted(ctx, params)
	params.Counted, params.PageLimit, params.PageOffset = cursor == nil &&
		!known, asked.Limit, asked.Offset
	rows, err := c.productRows(ctx, params)
	if err != nil {
		return api.ProductPage{}, err
	}
	body := api.ProductPage{
		Items: make([]api.ProductSummary, 0, len(rows)), Limit: asked.Limit, Offset: asked.Offset,
	}
	for _, row := range rows {
		item, err := c.Summary(row.ProductCard)
		if err != nil {
			return api.ProductPage{}, err
		}
		body.Items = append(body.Items, item)
	}
	switch {
	case cursor != nil:
	case known:
		body.Total = &counted
	default:
		total, err := c.total(ctx, params, rows)
		if err != nil {
			return api.ProductPage{}, err
		}
		c.remember(ctx, params, total)
		body.Total = &total
	}
	full := len(rows) == int(asked.Limit)
	if full && (body.Total == nil || int64(asked.Offset)+int64(len(rows)) < *body.Total) {
		body.NextCursor = new(cursorAfter(params, rows[len(rows)-1]))
	}
	return body, nil
}

// totalKey names a list at one version of the catalogue.
type totalKey struct {
	version string
	list    uint64
}

// Counting all that pass the filters costs more than the page, so a total is remembered as long as
// the catalogue stays what it was. Most lists there are totals and facets of.
const (
	maxTotals = 10_000
	maxFacets = 1_000 // a few kilobytes each
)

func (c *Catalog) counted(
	ctx context.Context, params *db.ListProductsParams,
) (total int64, known bool) {
	if version := request.From(ctx).CatalogueVersion; version != "" {
		return c.totals.Get(totalKey{version, listHash(params)})
	}
	return 0, false
}

func (c *Catalog) remember(ctx context.Context, params *db.ListProductsParams, total int64) {
	if version := request.From(ctx).CatalogueVersion; version != "" {
		c.totals.Add(totalKey{version, listHash(params)}, total)
	}
}

// productRows runs the list query, or for the page most shoppers ask for the one whose plan is made
// once.
func (c *Catalog) productRows(
	ctx context.Context, params *db.ListProductsParams,
) ([]db.ListProductsRow, error) {
	if !isNewest(params) {
		return c.planned.ListProducts(ctx, *params)
	}
	newest, err := c.queries.ListNewestProducts(
		ctx, params.Counted, params.PageOffset, params.PageLimit,
	)
	if err != nil {
		return nil, err
	}
	rows := make([]db.ListProductsRow, len(newest))
	for i, row := range newest {
		rows[i] = db.ListProductsRow{ProductCard: row.ProductCard, Total: row.Total}
	}
	return rows, nil
}

// isNewest reports whether params ask for all products, newest first, by offset.
func isNewest(p *db.ListProductsParams) bool {
	return p.Sort == string(api.ProductSortCreatedDesc) && p.AfterID == nil &&
		p.Q == nil && p.CategoryID == nil && p.Category == nil && p.BrandID == nil && p.Brand == nil &&
		p.MinMinor == nil && p.MaxMinor == nil && p.InStock == nil && p.OnSale == nil && p.Featured == nil &&
		p.GTIN == nil && p.Attributes == nil
}

// total is how many products the filters let through. Every row carries it; a page without rows
// asks again.
func (c *Catalog) total(
	ctx context.Context, p *db.ListProductsParams, rows []db.ListProductsRow,
) (int64, error) {
	if len(rows) > 0 {
		return rows[0].Total, nil
	}
	if p.PageOffset == 0 {
		return 0, nil
	}
	return c.planned.CountProducts(ctx, db.CountProductsParams{
		Q:          p.Q,
		CategoryID: p.CategoryID,
		Category:   p.Category,
		BrandID:    p.BrandID,
		Brand:      p.Brand,
		MinMinor:   p.MinMinor,
		MaxMinor:   p.MaxMinor,
		InStock:    p.InStock,
		OnSale:     p.OnSale,
		Featured:   p.Featured,
		GTIN:       p.GTIN,
		Attributes: p.Attributes,
	})
}
