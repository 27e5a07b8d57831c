package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// maxBands is the greatest number of price bands in a list of facets.
const maxBands = 6

// roundPrices are the prices at which bands may begin, in minor units: the whole ones among 1, 1.5,
// 2, 2.5, 3, 4, 5 and 7.5 times a power of ten.
var roundPrices = func() (all []int64) {
	for power := int64(10); power <= 1e12; power *= 10 {
		for _, tenths := range []int64{10, 15, 20, 25, 30, 40, 50, 75} {
			all = append(all, power/10*tenths)
		}
	}
	return all
}()

// cachedFacets returns the facets of a list, cached under the version of the catalogue. They cost
// more than the page itself, and every page of a list has the same ones.
func (c *Catalog) cachedFacets(ctx context.Context, p *db.ListProductsParams) (*api.Facets, error) {
	version := request.From(ctx).CatalogueVersion
	if version == "" {
		return c.CountFacets(ctx, p, nil, nil)
	}
	unsorted := *p
	unsorted.Sort = ""
	key := totalKey{version, listHash(&unsorted)}
	if facets, ok := c.facets.Get(key); ok {
		return facets, nil
	}
	facets, err := c.CountFacets(ctx, p, nil, nil)
	if err == nil {
		c.facets.Add(key, facets)
	}
	return facets, err
}

// CountFacets counts products by brand, category, price and availability. Each of the four ignores
// the filter of its own kind. matching, a tsquery, and ids restrict which products are counted; nil
// restricts nothing.
func (c *Catalog) CountFacets(
	ctx context.Context, p *db.ListProductsParams, matching *string, ids []int64,
) (*api.Facets, error) {
	rows, err := c.planned.CountFacets(ctx, db.CountFacetsParams{
		Limits:     roundPrices,
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
		Matching:   matching,
		Ids:        ids,
	})
	if err != nil {
		return nil, err
	}
	facets := &api.Facets{
		Brands:       []api.ReferenceCount{},
		Categories:   []api.ReferenceCount{},
		Availability: []api.AvailabilityCount{},
	}
	prices := make([]int64, len(roundPrices)+1)
	for _, row := range rows {
		switch row.Kind {
		case "brand":
			facets.Brands = append(
				facets.Brands,
				api.ReferenceCount{ID: row.ID, Name: row.Name, Slug: row.Slug, Count: row.Products},
			)
		case "category":
			facets.Categories = append(
				facets.Categories,
				api.ReferenceCount{ID: row.ID, Name: row.Name, Slug: row.Slug, Count: row.Products},
			)
		case "price":
			prices[row.ID] = row.Products
		case "stock":
			facets.Availability = append(
				facets.Availability,
				api.AvailabilityCount{Value: availability(row.ID == 1), Count: row.Products},
			)
		}
	}
	facets.Prices = c.priceBands(prices)
	return facets, nil
}

// priceBands merges narrow bands into at most maxBands of similar product counts. counts[0] is the
// number of products below the first round price.
func (c *Catalog) priceBands(counts []int64) []api.PriceBand {
	total, last := int64(0), 0
	for i, n := range counts {
		if total += n; n > 0 {
			last = i
		}
	}
	bands := []api.PriceBand{}
	band := api.PriceBand{}
	for i, left := 0, total; left > 0; i++ {
		band.Count += counts[i]
		left -= counts[i]
		target := (total + maxBands - 1) / maxBands
		if i == last {
			break
		}
		if band.Count >= target && len(bands) < maxBands-1 {
			band.Max = new(c.settings.Currency.Format(roundPrices[i] - 1))
			bands = append(bands, band)
			band = api.PriceBand{Min: new(c.settings.Currency.Format(roundPrices[i]))}
		}
	}
	if band.Count > 0 {
		bands = append(bands, band)
	}
	return bands
}
