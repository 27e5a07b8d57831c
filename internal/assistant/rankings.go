package assistant

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
)

// maxByCode is up to how many products of the named categories are compared by the codes of their
// vectors: the index of vectors has low recall for products far from all others.
const maxByCode = 20_000

// nearest ranks products by meaning: the given ones, or all that meet the conditions.
func (a *Assistant) nearest(
	ctx context.Context, w sourceQuery, given []int64,
) ([]candidate, error) {
	switch {
	case w.vector == nil:
		return nil, nil
	case given != nil:
		return a.compared(ctx, w, given)
	case len(w.conditions.CategoryIds) > 0 && w.inCategories <= maxByCode:
		return a.nearestOfCategories(ctx, w)
	}
	return a.nearestByIndex(ctx, w)
}

// nearestByIndex ranks all products that meet the conditions by meaning.
func (a *Assistant) nearestByIndex(ctx context.Context, w sourceQuery) ([]candidate, error) {
	c := w.conditions
	return ranked(a.queries.ListNearestSources(ctx, db.ListNearestSourcesParams{
		QueryVector: *w.vector,
		ModelID:     w.model,
		Candidates:  int32(a.mostCandidates()),
		MinMinor:    c.MinMinor,
		MaxMinor:    c.MaxMinor,
		OnSale:      c.OnSale,
		Attributes:  c.Attributes,
		CategoryIds: c.CategoryIds,
		BrandIds:    c.BrandIds,
	}))
}

// compared ranks some products by meaning.
func (a *Assistant) compared(
	ctx context.Context, w sourceQuery, given []int64,
) ([]candidate, error) {
	return ranked(a.queries.CompareSources(ctx, db.CompareSourcesParams{
		QueryVector: *w.vector,
		ProductIds:  given,
		ModelID:     w.model,
		Candidates:  int32(a.mostCandidates()),
	}))
}

// nearestOfCategories ranks the products of some categories that meet the conditions by meaning.
func (a *Assistant) nearestOfCategories(ctx context.Context, w sourceQuery) ([]candidate, error) {
	c := w.conditions
	return ranked(a.queries.ListNearestOfCategories(ctx, db.ListNearestOfCategoriesParams{
		QueryVector: *w.vector,
		ModelID:     w.model,
		CategoryIds: c.CategoryIds,
		Candidates:  int32(a.mostCandidates()),
		MinMinor:    c.MinMinor,
		MaxMinor:    c.MaxMinor,
		OnSale:      c.OnSale,
		Attributes:  c.Attributes,
		BrandIds:    c.BrandIds,
	}))
}

// ranked returns the rows of a statement as candidates.
func ranked[R ~struct {
	ProductID int64
	Score     float64
}](rows []R, err error) ([]candidate, error) {
	ranking := make([]candidate, len(rows))
	for i, r := range rows {
		row := db.CompareSourcesRow(r)
		ranking[i] = candidate{id: row.ProductID, score: row.Score}
	}
	return ranking, err
}

// weighed ranks at most maxWeighed products in three ways: by meaning, by all words of the
// question, and by most of them.
func (a *Assistant) weighed(
	ctx context.Context, w sourceQuery, given []int64,
) (nearest, every, most []candidate, err error) {
	telling, rest := w.tiers()
	rows, err := a.queries.WeighSources(ctx, db.WeighSourcesParams{
		QueryVector: w.vector,
		ProductIds:  given,
		ModelID:     w.model,
		Every:       w.every,
		Telling:     optional.Of(telling),
		Rest:        optional.Of(rest),
	})
	ranking := func(weight func(db.WeighSourcesRow) float64) (ranking []candidate) {
		having := slices.DeleteFunc(slices.Clone(rows), func(r db.WeighSourcesRow) bool {
			return weight(r) < 0
		})
		slices.SortStableFunc(having, func(x, y db.WeighSourcesRow) int {
			return cmp.Compare(weight(y), weight(x))
		})
		for _, r := range having[:min(len(having), a.mostCandidates())] {
			ranking = append(ranking, candidate{id: r.ProductID, score: r.Score})
		}
		return ranking
	}
	if w.vector != nil {
		nearest = ranking(func(r db.WeighSourcesRow) float64 { return r.Score })
	}
	every = ranking(func(r db.WeighSourcesRow) float64 { return float64(r.Every) })
	most = a.tiered(
		ranking(func(r db.WeighSourcesRow) float64 { return float64(r.Telling) }),
		ranking(func(r db.WeighSourcesRow) float64 { return float64(r.Rest) }),
	)
	return nearest, every, most, err
}

// withMostWords ranks products by the words that have most of the question's weight.
func (a *Assistant) withMostWords(
	ctx context.Context, w sourceQuery, given []int64,
) ([]candidate, error) {
	telling, rest := w.tiers()
	ranking, err := a.withWords(ctx, w, given, telling)
	if err != nil || len(ranking) >= a.settings.TopK {
		return ranking, err
	}
	others, err := a.withWords(ctx, w, given, rest)
	return a.tiered(ranking, others), err
}

// tiers returns two arguments of to_tsquery: most of the words with the rarest of them, and without
// it.
func (w *sourceQuery) tiers() (telling, rest string) {
	if w.most == "" || w.telling == "" {
		return "", w.most
	}
	telling = fmt.Sprintf("(%s) & (%s)", w.telling, w.most)
	return telling, fmt.Sprintf("(%s) & !(%s)", w.most, w.telling)
}

// tiered returns the products with the rarest word, followed by the others if those are too few.
func (a *Assistant) tiered(telling, others []candidate) []candidate {
	if len(telling) < a.settings.TopK {
		telling = append(telling, others...)
	}
	return telling[:min(len(telling), a.mostCandidates())]
}

// withWords ranks products with some words, written as to_tsquery reads them: the given ones, or
// all that meet the conditions.
func (a *Assistant) withWords(
	ctx context.Context, w sourceQuery, given []int64, words string,
) ([]candidate, error) {
	if words == "" {
		return nil, nil
	}
	c := w.conditions
	return ranked(a.queries.ListSourcesWithWords(ctx, db.ListSourcesWithWordsParams{
		Words:       words,
		ProductIds:  optional.List(given),
		QueryVector: w.vector,
		ModelID:     w.model,
		Candidates:  int32(a.mostCandidates()),
		MinMinor:    c.MinMinor,
		MaxMinor:    c.MaxMinor,
		OnSale:      c.OnSale,
		Attributes:  c.Attributes,
		CategoryIds: c.CategoryIds,
		BrandIds:    c.BrandIds,
	}))
}
