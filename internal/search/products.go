package search

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/question"
)

// What rankings are made of. Tuned like the weights of a query. Words are believed as far as they
// are found: what is near in meaning adds (1 - score of the best product by words) to the power of
// doubt, times how far it lies above the threshold of the model. The built-in model only knows
// words: beside a product with every word it may settle ties and no more, or it would undo the
// order of popularity.
const (
	enough        = 20    // products with every word: those that lack some are not looked for
	presence      = 0.4   // what having a word counts, wherever it stands; the rest is where
	completeBonus = 0.25  // for having every word
	doubt         = 4     // how fast meaning loses weight as words are found
	tieWeight     = 0.004 // what the nearest in meaning adds at least
	nearestHybrid = 100
	nearest       = 200
)

// search is one search: what was asked, and what it was taken to mean.
type search struct {
	params  db.SearchProductsParams
	filters *db.ListProductsParams
	query   *query
	mode    api.SearchMode
	prices  question.Bounds // read from the text, and used
}

// SearchProducts answers the best matches for what a shopper typed, in one statement; facets are a
// second.
func (s *Search) SearchProducts(
	ctx context.Context, r api.SearchProductsRequestObject,
) (api.SearchProductsResponseObject, error) {
	asked, err := s.ask(ctx, r.Params)
	if err != nil {
		return nil, err
	}
	rows, err := s.planned.SearchProducts(ctx, asked.params)
	if err != nil {
		return nil, err
	}
	results, err := s.results(asked, rows)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && asked.params.PageOffset > 0 {
		if results.Total, err = s.totalOf(ctx, asked.params); err != nil {
			return nil, err
		}
	}
	if r.Params.Facets != nil && *r.Params.Facets {
		if results.Facets, err = s.facets(ctx, asked, rows); err != nil {
			return nil, err
		}
	}
	return api.SearchProducts200JSONResponse(results), nil
}

// ask understands what is asked for.
func (s *Search) ask(ctx context.Context, p api.SearchProductsParams) (*search, error) {
	filters, err := s.catalog.Filters(api.ListProductsParams{
		CategoryID:   p.CategoryID,
		Category:     p.Category,
		BrandID:      p.BrandID,
		Brand:        p.Brand,
		MinPrice:     p.MinPrice,
		MaxPrice:     p.MaxPrice,
		InStock:      p.InStock,
		OnSale:       p.OnSale,
		Featured:     p.Featured,
		Availability: p.Availability,
		Gtin:         p.Gtin,
		Attribute:    p.Attribute,
	})
	if err != nil {
		return nil, err
	}
	vocabulary, err := s.words(ctx)
	if err != nil {
		return nil, err
	}
	typed := strings.TrimSpace(p.Q)
	a := &search{filters: filters, mode: api.SearchModeHybrid}
	text, prices := question.Prices(typed, s.settings.Currency.Digits())
	a.usePrices(prices)
	a.query = vocabulary.understand(text)
	if p.Mode != nil {
		a.mode = *p.Mode
	}
	asked := page.Of(p.Limit, p.Offset)
	a.params = db.SearchProductsParams{
		Q:             typed,
		UseWords:      a.mode != api.SearchModeSemantic,
		PageLimit:     asked.Limit,
		PageOffset:    asked.Offset,
		CategoryID:    filters.CategoryID,
		Category:      filters.Category,
		BrandID:       filters.BrandID,
		Brand:         filters.Brand,
		MinMinor:      filters.MinMinor,
		MaxMinor:      filters.MaxMinor,
		InStock:       filters.InStock,
		OnSale:        filters.OnSale,
		Featured:      filters.Featured,
		GTIN:          filters.GTIN,
		Attributes:    filters.Attributes,
		Enough:        enough,
		Doubt:         doubt,
		TieWeight:     tieWeight,
		Presence:      presence,
		CompleteBonus: completeBonus,
		NearestLimit:  nearest,
	}
	if isGTIN(typed) {
		a.params.ExactGTIN = new(catalog.GTIN14(typed))
	}
	a.query.into(&a.params)
	return a, s.addMeaning(ctx, a)
}

// usePrices makes the prices of the text filters, where no parameter says otherwise.
func (a *search) usePrices(found question.Bounds) {
	if a.filters.MinMinor == nil {
		a.filters.MinMinor, a.prices.Min = found.Min, found.Min
	}
	if a.filters.MaxMinor == nil {
		a.filters.MaxMinor, a.prices.Max = found.Max, found.Max
	}
}

// into writes what a query means as the parameters of its statement.
func (q *query) into(p *db.SearchProductsParams) {
	p.Terms, p.Prefixes, p.Sizes, p.Weights = []string{}, []string{}, []int32{}, []float64{}
	p.Pairs, p.PairWeights = []string{}, []float64{}
	p.BrandIds = []int64{}
	if q.isBrand { // otherwise a brand's name is as often what the product is for
		p.BrandIds, p.BrandWeight = q.brands, onlyBrand
	}
	for _, t := range q.terms {
		prefix := ""
		if t.prefix != "" {
			prefix = quote(t.prefix) + ":*"
		}
		p.Terms, p.Prefixes = append(p.Terms, t.operand(false)), append(p.Prefixes, prefix)
		p.Sizes, p.Weights = append(p.Sizes, int32(len(t.alternatives))), append(
			p.Weights, t.weight,
		)
	}
	p.AnyWord = q.anyWord()
	if queries, weights := q.pairs(); queries != nil {
		p.Pairs, p.PairWeights = queries, weights
	}
	if !p.UseWords {
		return
	}
	p.EveryWord, p.KnownWords, p.MostWords, p.Rivals = orNull(q.everyWord()), orNull(
		q.knownWords(),
	), orNull(q.mostWords()), orNull(q.rivals())
}

// addMeaning adds what the text means. Without a word that any product has there is nothing it
// could be near to.
func (s *Search) addMeaning(ctx context.Context, a *search) error {
	if a.mode == api.SearchModeKeyword || !a.query.known() {
		return nil
	}
	meaning, err := s.settings.Understand(ctx, a.query.text)
	switch {
	case err == nil:
		a.params.QueryVector, a.params.ModelID, a.params.MinScore = &meaning.Vector, meaning.ModelID, meaning.MinScore
		if a.mode == api.SearchModeHybrid {
			a.params.NearestLimit = nearestHybrid
		}
	case a.mode == api.SearchModeSemantic || !isOutage(err):
		return err
	default:
		s.settings.Log.WarnContext(
			ctx, "search without meaning", "request_id", request.From(ctx).ID, "error", err.Error(),
		)
		a.mode = api.SearchModeKeyword
	}
	return nil
}

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

// totalOf answers how many products a search finds, for a page behind the last.
func (s *Search) totalOf(ctx context.Context, params db.SearchProductsParams) (int64, error) {
	params.PageOffset, params.PageLimit = 0, 1
	rows, err := s.planned.SearchProducts(ctx, params)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Total, nil
}

// facets counts the products that match the words as the search matched them, or those nearest in
// meaning.
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

func isGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
		return isNumber(text)
	}
	return false
}

// isOutage reports whether the model is out of reach or its quota used up: words alone must do
// then.
func isOutage(err error) bool {
	var p *problem.Error
	return errors.As(err, &p) &&
		(p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests)
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
