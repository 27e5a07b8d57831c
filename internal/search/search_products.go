package search

import (
	"context"
	"strings"

	"github.com/shopd/shopd/internal/platform/gtin"
	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/question"
)

// The constants of ranking, tuned with the weights in query.go on the open half of the judged
// queries (testdata). A product near in meaning adds its similarity above the model's threshold,
// times (1 - score of the best product by words) to the power of doubt: the better words match, the
// less meaning counts. Where a product has every word, meaning only breaks ties, because the
// built-in model knows nothing but words and would undo the order of popularity.
const (
	enough        = 20    // with so many products that have every word, no others are searched
	presence      = 0.4   // share of a word's weight for having it; the rest is for where it stands
	completeBonus = 0.25  // added for having every word
	doubt         = 4     // how fast meaning loses weight as words match better
	tieWeight     = 0.004 // least that the product nearest in meaning adds
	nearestHybrid = 100   // products nearest in meaning that hybrid search ranks
	nearest       = 200   // products nearest in meaning that semantic search ranks
)

// search is one search: its parameters and how its text was interpreted.
type search struct {
	params  db.SearchProductsParams
	filters *db.ListProductsParams
	query   *query
	mode    api.SearchMode
	prices  question.Bounds // found in the text and used as filters
}

// SearchProducts returns the products that match best what a shopper typed. It runs one statement,
// and a second one for facets.
func (s *Search) SearchProducts(
	ctx context.Context, r api.SearchProductsRequestObject,
) (api.SearchProductsResponseObject, error) {
	asked, err := s.interpret(ctx, r.Params)
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

// interpret reads the parameters of a search and interprets its text.
func (s *Search) interpret(ctx context.Context, p api.SearchProductsParams) (*search, error) {
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
		a.params.ExactGTIN = new(gtin.Pad(typed))
	}
	a.query.setParams(&a.params)
	return a, s.addMeaning(ctx, a)
}

// usePrices makes the prices found in the text filters, unless a parameter sets the same filter.
func (a *search) usePrices(found question.Bounds) {
	if a.filters.MinMinor == nil {
		a.filters.MinMinor, a.prices.Min = found.Min, found.Min
	}
	if a.filters.MaxMinor == nil {
		a.filters.MaxMinor, a.prices.Max = found.Max, found.Max
	}
}

// setParams writes the query into the parameters of its statement.
func (q *query) setParams(p *db.SearchProductsParams) {
	p.Terms, p.Prefixes, p.Sizes, p.Weights = []string{}, []string{}, []int32{}, []float64{}
	p.Pairs, p.PairWeights = []string{}, []float64{}
	p.BrandIds = []int64{}
	if q.isBrand { // in a longer query the brand is often what the product is made for
		p.BrandIds, p.BrandWeight = q.brands, onlyBrand
	}
	for _, t := range q.terms {
		prefix := ""
		if t.prefix != "" {
			prefix = quote(t.prefix) + ":*"
		}
		p.Terms = append(p.Terms, t.operand(false))
		p.Prefixes = append(p.Prefixes, prefix)
		p.Sizes = append(p.Sizes, int32(len(t.alternatives)))
		p.Weights = append(p.Weights, t.weight)
	}
	p.AnyWord = q.anyWord()
	if queries, weights := q.pairs(); queries != nil {
		p.Pairs, p.PairWeights = queries, weights
	}
	if !p.UseWords {
		return
	}
	p.EveryWord, p.KnownWords = optional.Of(q.everyWord()), optional.Of(q.knownWords())
	p.MostWords, p.Rivals = optional.Of(q.mostWords()), optional.Of(q.rivals())
}

// addMeaning adds the vector of the text, unless the mode is keyword or no product has any of the
// words: such a text is near to nothing.
func (s *Search) addMeaning(ctx context.Context, a *search) error {
	if a.mode == api.SearchModeKeyword || !a.query.known() {
		return nil
	}
	meaning, err := s.vectors.Understand(ctx, a.query.text)
	switch {
	case err == nil:
		a.params.QueryVector, a.params.ModelID = &meaning.Vector, meaning.ModelID
		a.params.MinScore = meaning.MinScore
		if a.mode == api.SearchModeHybrid {
			a.params.NearestLimit = nearestHybrid
		}
	case a.mode == api.SearchModeSemantic || !problem.IsOutage(err):
		return err
	default:
		s.settings.Log.WarnContext(
			ctx, "search without meaning", "request_id", request.From(ctx).ID, "error", err.Error(),
		)
		a.mode = api.SearchModeKeyword
	}
	return nil
}

func isGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
		return isDigits(text)
	}
	return false
}
