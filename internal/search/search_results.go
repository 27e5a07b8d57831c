package search

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

func (s *Search) results(a *search, rows []db.SearchProductsRow) (api.SearchResults, error) {
	results := api.SearchResults{
		Items:        make([]api.SearchHit, 0, len(rows)),
		Limit:        a.params.PageLimit,
		Offset:       a.params.PageOffset,
		ModeUsed:     a.mode,
		DroppedWords: []string{},
		Interpreted:  api.SearchInterpretation{Words: a.query.text},
	}
	if a.query.corrected {
		results.CorrectedQuery = &a.query.text
	}
	if a.prices.Min != nil {
		results.Interpreted.MinPrice = new(s.settings.Currency.Format(*a.prices.Min))
	}
	if a.prices.Max != nil {
		results.Interpreted.MaxPrice = new(s.settings.Currency.Format(*a.prices.Max))
	}
	for _, row := range rows {
		product, err := s.catalog.Summary(row.ProductCard)
		if err != nil {
			return results, err
		}
		results.Total = row.Total
		results.Items = append(results.Items, api.SearchHit{
			Product: product,
			Score:   row.Score,
			Highlights: api.Highlights{
				Name:        row.NameHighlight,
				Description: row.DescriptionHighlight,
			},
		})
	}
	if len(rows) > 0 && !rows[0].HasComplete && rows[0].Covered != 0 {
		for i, t := range a.query.terms {
			if !t.optional && rows[0].Covered>>i&1 == 0 {
				results.DroppedWords = append(results.DroppedWords, t.typed)
			}
		}
	}
	return results, nil
}

// totalOf returns how many products a search finds, for a page past the last.
func (s *Search) totalOf(ctx context.Context, params db.SearchProductsParams) (int64, error) {
	params.PageOffset, params.PageLimit = 0, 1
	rows, err := s.planned.SearchProducts(ctx, params)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Total, nil
}

// facets counts the products that match the words by the same attempt that the search used, or the
// products nearest in meaning in semantic mode.
func (s *Search) facets(
	ctx context.Context, a *search, rows []db.SearchProductsRow,
) (*api.Facets, error) {
	if !a.params.UseWords {
		ids := []int64{}
		if a.params.QueryVector != nil {
			var err error
			if ids, err = s.queries.ListNearestIDs(
				ctx, a.params.ModelID, *a.params.QueryVector,
			); err != nil {
				return nil, err
			}
		}
		return s.catalog.CountFacets(ctx, a.filters, nil, ids)
	}
	matching := a.params.EveryWord
	switch {
	case len(rows) > 0 && rows[0].HasPartial:
		matching = a.params.MostWords
	case len(rows) > 0 && rows[0].HasKnown:
		matching = a.params.KnownWords
	case len(rows) > 0 && !rows[0].HasComplete:
		matching = &a.params.AnyWord
	}
	if matching == nil {
		return s.catalog.CountFacets(ctx, a.filters, nil, []int64{})
	}
	return s.catalog.CountFacets(ctx, a.filters, matching, nil)
}
