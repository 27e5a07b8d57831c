package assistant

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
)

// sourceQuery is what a question asks of the products that its answer may rest on.
type sourceQuery struct {
	conditions db.ListEligibleProductsParams
	vector     *pgvector.HalfVector // nil: words alone must do
	model      int16
	threshold  float64 // least score

	inCategories, withAttribute int64 // products in the categories, and with the only attribute, when the names were read

	every, most, telling string // all its words; most of their weight; the rarest of them: as to_tsquery reads them
}

// anywhere lets go of the categories and brands that the question names.
func (f *retrieval) dropNames(w *sourceQuery) {
	f.CategoryIDs, f.BrandIDs = nil, nil
	w.conditions.CategoryIds, w.conditions.BrandIds, w.inCategories = []int64{}, []int64{}, 0
}

// open reports whether anything in the shop will do.
func (w *sourceQuery) isUnfiltered() bool {
	return w.onlyCategoriesAndAttributes() && len(w.conditions.CategoryIds) == 0 && w.conditions.Attributes == nil
}

// named reports whether nothing but categories and attributes is asked for.
func (w *sourceQuery) onlyCategoriesAndAttributes() bool {
	c := w.conditions
	return c.Sort == "" && c.MinMinor == nil && c.MaxMinor == nil && c.OnSale == nil &&
		len(c.BrandIds)+len(c.ProductIds) == 0
}

// many reports whether it is known that many products meet the conditions.
func (w *sourceQuery) surelyMany() bool {
	const surely = 2 * maxExact // as some may be out of stock
	c := w.conditions
	return w.onlyCategoriesAndAttributes() &&
		(c.Attributes == nil && w.inCategories > surely || len(c.CategoryIds) == 0 && w.withAttribute > surely)
}

// few is how many products are compared one by one sooner than the index of vectors is asked for
// those among them: it would look at a hundred for each that meets the conditions.
const maxExact = 1000

// maxWeighed is how many products are looked at with their words, sooner than the index of words is
// asked which have them.
const maxWeighed = 300

// candidate is a product that may answer a question.
type candidate struct {
	id     int64
	fused  float64 // of its places by meaning and by words
	score  float64 // 1 - cosine distance
	hasAll bool    // words
}

// candidates returns the products that the answer to a question may rest on, the best first: those
// nearest to it and those with all its words; when too few of them are about it, also those with
// most of its words.
func (a *Assistant) candidates(ctx context.Context, f *retrieval, w sourceQuery) ([]sourceRow, error) {
	given, err := a.eligible(ctx, w)
	if err != nil || given != nil && len(given) == 0 {
		return nil, err
	}
	var nearest, byWords, mostWords []candidate
	weighed := given != nil && len(given) <= maxWeighed && w.every != ""
	if weighed {
		nearest, byWords, mostWords, err = a.weighed(ctx, w, given)
	} else if nearest, err = a.nearest(ctx, w, given); err == nil {
		byWords, err = a.withWords(ctx, w, given, w.every)
	}
	if err != nil {
		return nil, err
	}
	for i := range byWords {
		byWords[i].hasAll = true
	}
	about, err := a.about(ctx, f, w, a.fuse(nearest, byWords, w.threshold))
	elsewhere := len(about) == 0 &&
		len(w.conditions.CategoryIds)+len(w.conditions.BrandIds) > 0 // is looked at next
	if err != nil || len(about) >= a.settings.TopK || len(byWords) > 0 || elsewhere {
		return about, err
	}
	if !weighed {
		mostWords, err = a.withMostWords(ctx, w, given)
	}
	if err != nil || len(mostWords) == 0 {
		return about, err
	}
	return a.about(ctx, f, w, a.fuse(nearest, mostWords, w.threshold))
}

// about reads what may be said of candidates, and leaves out those that are not about the question.
// Products that the shopper points at are meant however unlike the words are.
func (a *Assistant) about(
	ctx context.Context, f *retrieval, w sourceQuery, candidates []candidate,
) ([]sourceRow, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(candidates))
	for i, c := range candidates {
		ids[i] = c.id
	}
	c := w.conditions
	rows, err := a.queries.ListSources(
		ctx,
		db.ListSourcesParams{
			Ids:      ids,
			MinMinor: c.MinMinor,
			MaxMinor: c.MaxMinor,
			OnSale:   c.OnSale,
		},
	)
	if err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(rows))
	for i := range rows {
		place[rows[i].ProductCard.ProductID] = i
	}
	all := make([]sourceRow, 0, len(rows))
	for _, c := range candidates {
		if i, ok := place[c.id]; ok { // else it was sold meanwhile
			all = append(all, sourceRow{rows[i], c})
		}
	}
	if f.within != nil {
		return all, nil
	}
	return a.relevant(*f, all), nil
}

// fuse orders candidates by their places in two rankings, each counting as 1 / (60 + place)
// (Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, 2009), and leaves out those that are too
// far from the question.
func (a *Assistant) fuse(nearest, byWords []candidate, threshold float64) []candidate {
	all := make(map[int64]candidate, len(nearest)+len(byWords))
	for _, ranking := range [][]candidate{nearest, byWords} {
		for i, c := range ranking {
			c.fused = all[c.id].fused + 1/(60+float64(i+1))
			all[c.id] = c
		}
	}
	best := make([]candidate, 0, len(all))
	for _, c := range all {
		if c.score >= threshold {
			best = append(best, c)
		}
	}
	slices.SortFunc(best, func(x, y candidate) int {
		return cmp.Or(
			cmp.Compare(y.fused, x.fused), cmp.Compare(y.score, x.score), cmp.Compare(x.id, y.id),
		)
	})
	return best[:min(len(best), a.mostCandidates())]
}

// mostCandidates is how many of each ranking are looked at.
func (a *Assistant) mostCandidates() int { return a.settings.TopK * a.settings.CandidateMultiplier }

// eligible returns the products that meet the conditions when they are few, or when the question
// wants them in an order; nil stands for all that meet them.
func (a *Assistant) eligible(ctx context.Context, w sourceQuery) ([]int64, error) {
	if w.isUnfiltered() || w.surelyMany() {
		return nil, nil
	}
	w.conditions.PageLimit = maxExact + 1
	if w.conditions.Sort != "" {
		w.conditions.PageLimit = int32(a.mostCandidates())
	}
	ids, err := a.planned.ListEligibleProducts(ctx, w.conditions)
	if len(ids) > maxExact {
		return nil, err
	}
	return ids, err
}

// maxByCode is how many products of the categories a question names are compared by their codes,
// sooner than the index of vectors is asked for those among the nearest: it finds its way badly to
// what is far from the rest.
const maxByCode = 20_000

// nearest ranks products by meaning: the given ones, or all that meet the conditions.
func (a *Assistant) nearest(ctx context.Context, w sourceQuery, given []int64) ([]candidate, error) {
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
func (a *Assistant) compared(ctx context.Context, w sourceQuery, given []int64) ([]candidate, error) {
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

// ranked makes candidates of what a statement answered.
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

// weighed ranks a maxWeighed of products by all that a question asks: by meaning, with all its
// words, and with most of them.
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
		kept := slices.DeleteFunc(
			slices.Clone(rows), func(r db.WeighSourcesRow) bool { return weight(r) < 0 },
		)
		slices.SortStableFunc(
			kept, func(x, y db.WeighSourcesRow) int { return cmp.Compare(weight(y), weight(x)) },
		)
		for _, r := range kept[:min(len(kept), a.mostCandidates())] {
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

// withMostWords ranks products by words that have most of the question's weight.
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

// tiers are most of the words with the rarest of them, and without it.
func (w *sourceQuery) tiers() (telling, rest string) {
	if w.most == "" || w.telling == "" {
		return "", w.most
	}
	return fmt.Sprintf(
		"(%s) & (%s)",
		w.telling,
		w.most,
	), fmt.Sprintf("(%s) & !(%s)", w.most, w.telling)
}

// tiered are the products with the rarest word, and when those are too few, the others behind them.
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
		ProductIds:  orEmpty(given),
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
