package assistant

import (
	"cmp"
	"context"
	"slices"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
)

// sourceQuery is the conditions of a question for its sources, and what ranks them.
type sourceQuery struct {
	conditions db.ListEligibleProductsParams
	vector     *pgvector.HalfVector // nil: ranked by words alone
	model      int16
	threshold  float64 // least score

	// How many products the categories have, and how many have the attribute if there is only one,
	// when the names were read.
	inCategories, withAttribute int64

	// Its words as arguments of to_tsquery: all of them, those with most of the weight, the rarest.
	every, most, telling string
}

// dropNames removes the categories and brands that the question names from its conditions.
func (f *retrieval) dropNames(w *sourceQuery) {
	f.CategoryIDs, f.BrandIDs = nil, nil
	w.conditions.CategoryIds, w.conditions.BrandIds, w.inCategories = []int64{}, []int64{}, 0
}

// isUnfiltered reports whether any product meets the conditions.
func (w *sourceQuery) isUnfiltered() bool {
	return w.onlyCategoriesAndAttributes() && len(w.conditions.CategoryIds) == 0 &&
		w.conditions.Attributes == nil
}

// onlyCategoriesAndAttributes reports whether the only conditions are categories and attributes.
func (w *sourceQuery) onlyCategoriesAndAttributes() bool {
	c := w.conditions
	return c.Sort == "" && c.MinMinor == nil && c.MaxMinor == nil && c.OnSale == nil &&
		len(c.BrandIds)+len(c.ProductIds) == 0
}

// surelyMany reports whether the counts of names show that many products meet the conditions.
func (w *sourceQuery) surelyMany() bool {
	const surely = 2 * maxExact // some may be out of stock
	c := w.conditions
	return w.onlyCategoriesAndAttributes() &&
		(c.Attributes == nil && w.inCategories > surely ||
			len(c.CategoryIds) == 0 && w.withAttribute > surely)
}

// maxExact is up to how many eligible products are compared one by one: the index of vectors would
// visit about a hundred products for each eligible one.
const maxExact = 1000

// maxWeighed is up to how many eligible products have their words compared one by one, rather than
// looked up in the index of words.
const maxWeighed = 300

// candidate is a product that may answer a question.
type candidate struct {
	id     int64
	fused  float64 // its places by meaning and by words, fused (see fuse)
	score  float64 // 1 - cosine distance
	hasAll bool    // has all words of the question
}

// candidates returns the products that may be sources, the best first: those nearest to the
// question and those with all its words; if too few of them are about it, also those with most of
// its words.
func (a *Assistant) candidates(
	ctx context.Context, f *retrieval, w sourceQuery,
) ([]sourceRow, error) {
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
		// the caller tries without them
		len(w.conditions.CategoryIds)+len(w.conditions.BrandIds) > 0
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

// about reads the facts of candidates, and leaves out those that are not about the question.
// Products that the shopper points at stay, however unlike the question their words are.
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
	rows, err := a.queries.ListSources(ctx, db.ListSourcesParams{
		Ids:      ids,
		MinMinor: c.MinMinor,
		MaxMinor: c.MaxMinor,
		OnSale:   c.OnSale,
	})
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

// mostCandidates returns how many candidates of each ranking are considered.
func (a *Assistant) mostCandidates() int { return a.settings.TopK * a.settings.CandidateMultiplier }

// eligible returns the products that meet the conditions if there are at most maxExact of them; if
// the question wants an order, the first of them in that order. nil stands for all that meet them.
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
