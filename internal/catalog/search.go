package catalog

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// SearchProducts answers the best matches for what a shopper typed, in one statement.
func (c *Catalog) SearchProducts(ctx context.Context, r api.SearchProductsRequestObject) (api.SearchProductsResponseObject, error) {
	params, err := c.searchParams(r.Params)
	if err != nil {
		return nil, err
	}
	mode := api.SearchModeHybrid
	if r.Params.Mode != nil {
		mode = *r.Params.Mode
	}
	params.UseWords = mode != api.SearchModeSemantic
	if mode != api.SearchModeKeyword && strings.ContainsFunc(params.Q, isWordRune) {
		meaning, err := c.settings.Understand(ctx, params.Q)
		switch {
		case err == nil:
			params.QueryVector, params.ModelID, params.MinScore = &meaning.Vector, meaning.ModelID, meaning.MinScore
		case mode == api.SearchModeSemantic || !isOutage(err):
			return nil, err
		default:
			c.settings.Log.WarnContext(ctx, "search without meaning", "request_id", request.From(ctx).ID, "error", err.Error())
			mode = api.SearchModeKeyword
		}
	}
	rows, err := c.planned.SearchProducts(ctx, params)
	if err == nil && len(rows) == 0 && params.PageOffset > 0 {
		return c.searchBehindTheEnd(ctx, params, mode)
	}
	if err != nil {
		return nil, err
	}
	results := api.SearchResults{Items: make([]api.SearchHit, 0, len(rows)), Limit: params.PageLimit, Offset: params.PageOffset, ModeUsed: mode}
	for _, row := range rows {
		product, err := c.summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		results.Total = row.Total
		results.Items = append(results.Items, api.SearchHit{
			Product: product, Score: row.Score,
			Highlights: api.Highlights{Name: row.NameHighlight, Description: row.DescriptionHighlight},
		})
	}
	return api.SearchProducts200JSONResponse(results), nil
}

// searchBehindTheEnd answers a page that lies behind the last match: nothing, but the right total.
func (c *Catalog) searchBehindTheEnd(ctx context.Context, params db.SearchProductsParams, mode api.SearchMode) (api.SearchProductsResponseObject, error) {
	results := api.SearchResults{Items: []api.SearchHit{}, Limit: params.PageLimit, Offset: params.PageOffset, ModeUsed: mode}
	params.PageOffset, params.PageLimit = 0, 1
	rows, err := c.planned.SearchProducts(ctx, params)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		results.Total = rows[0].Total
	}
	return api.SearchProducts200JSONResponse(results), nil
}

func (c *Catalog) searchParams(p api.SearchProductsParams) (db.SearchProductsParams, error) {
	filters, err := c.listParams(api.ListProductsParams{
		CategoryID: p.CategoryID, Category: p.Category, BrandID: p.BrandID, Brand: p.Brand, MinPrice: p.MinPrice, MaxPrice: p.MaxPrice,
		InStock: p.InStock, OnSale: p.OnSale, Featured: p.Featured, Availability: p.Availability, Gtin: p.Gtin, Attribute: p.Attribute,
	})
	if err != nil {
		return db.SearchProductsParams{}, err
	}
	asked := page.Of(p.Limit, p.Offset)
	params := db.SearchProductsParams{
		Q: strings.TrimSpace(p.Q), Terms: terms(p.Q), PageLimit: asked.Limit, PageOffset: asked.Offset,
		CategoryID: filters.CategoryID, Category: filters.Category, BrandID: filters.BrandID, Brand: filters.Brand,
		MinMinor: filters.MinMinor, MaxMinor: filters.MaxMinor, InStock: filters.InStock, OnSale: filters.OnSale,
		Featured: filters.Featured, GTIN: filters.GTIN, Attributes: filters.Attributes,
	}
	if isGTIN(params.Q) {
		params.ExactGTIN = new(gtin14(params.Q))
	}
	return params, nil
}

// Most words of a search whose spelling is compared.
const maxTerms = 8

// terms are the words of a search that are long enough to compare their spelling.
func terms(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !isWordRune(r) })
	kept := make([]string, 0, min(len(words), maxTerms))
	for _, word := range words {
		if len(word) >= 3 && len(kept) < maxTerms {
			kept = append(kept, word)
		}
	}
	return kept
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func isGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
		return strings.Trim(text, "0123456789") == ""
	}
	return false
}

// isOutage reports whether the model is out of reach or its quota used up: words alone must do then.
func isOutage(err error) bool {
	var p *problem.Error
	return errors.As(err, &p) && (p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests)
}
