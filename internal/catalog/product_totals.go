package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// totalKey identifies a list at one version of the catalogue.
type totalKey struct {
	version string
	list    uint64
}

// How many totals and facets of lists are cached. Counting costs more than reading the page, so a
// count is reused as long as the catalogue has the same version.
const (
	maxTotals = 10_000
	maxFacets = 1_000 // a few kilobytes each
)

// cachedTotal returns the total of a list, if it is known for the current version of the catalogue.
func (c *Catalog) cachedTotal(
	ctx context.Context, params *db.ListProductsParams,
) (total int64, ok bool) {
	if version := request.From(ctx).CatalogueVersion; version != "" {
		return c.totals.Get(totalKey{version, listHash(params)})
	}
	return 0, false
}

// cacheTotal stores the total of a list for the current version of the catalogue.
func (c *Catalog) cacheTotal(ctx context.Context, params *db.ListProductsParams, total int64) {
	if version := request.From(ctx).CatalogueVersion; version != "" {
		c.totals.Add(totalKey{version, listHash(params)}, total)
	}
}

// total returns how many products pass the filters. Every row carries it; for a page without rows
// it counts again.
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
