package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListProducts returns a page of active products.
//
// Its way: Filters (product_filters.go) reads the filters, listProducts runs the query, resume and
// cursorAfter (product_cursor.go) move between pages, and cachedTotal and cachedFacets
// (product_totals.go, facets.go) reuse what the catalogue's version still allows.
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
		if body.Facets, err = c.cachedFacets(ctx, params); err != nil {
			return nil, err
		}
	}
	return api.ListProducts200JSONResponse(body), nil
}

// ListFeaturedProducts returns a page of featured products, newest first.
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

// ListProductOffers returns a page of products on sale, newest first.
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

// listProducts returns one page. It runs one statement, and a second one for a page past the last.
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
	cached, isCached := c.cachedTotal(ctx, params)
	params.Counted = cursor == nil && !isCached
	params.PageLimit, params.PageOffset = asked.Limit, asked.Offset
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
	case isCached:
		body.Total = &cached
	default:
		total, err := c.total(ctx, params, rows)
		if err != nil {
			return api.ProductPage{}, err
		}
		c.cacheTotal(ctx, params, total)
		body.Total = &total
	}
	full := len(rows) == int(asked.Limit)
	if full && (body.Total == nil || int64(asked.Offset)+int64(len(rows)) < *body.Total) {
		body.NextCursor = new(cursorAfter(params, rows[len(rows)-1]))
	}
	return body, nil
}

// productRows runs the list query. For the page that most shoppers ask for it runs
// ListNewestProducts, whose plan PostgreSQL makes only once.
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
		p.Q == nil && p.CategoryID == nil && p.Category == nil &&
		p.BrandID == nil && p.Brand == nil && p.MinMinor == nil && p.MaxMinor == nil &&
		p.InStock == nil && p.OnSale == nil && p.Featured == nil &&
		p.GTIN == nil && p.Attributes == nil
}
