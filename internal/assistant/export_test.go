package assistant

import (
	"context"
	"math"

	"github.com/shopd/shopd/internal/question"
)

// Retrieve does everything for a question except writing the answer, and returns how many sources
// it found.
func (a *Assistant) Retrieve(ctx context.Context, text string) (int, error) {
	f, err := a.retrieve(ctx, text, nil)
	return len(f.sources), err
}

// Nearest returns the scores of the products nearest to a question: as retrieve finds them, and as
// comparing all that meet its conditions finds them. It includes those below the threshold.
func (a *Assistant) Nearest(
	ctx context.Context, text string,
) (taken, exact []float64, threshold float64, err error) {
	w, given, err := a.asked(ctx, text)
	if err != nil {
		return nil, nil, 0, err
	}
	if given == nil || len(given) > 0 {
		ranking, err := a.nearest(ctx, w, given)
		if err != nil {
			return nil, nil, 0, err
		}
		taken = scores(ranking)
	}
	if w.conditions.Sort == "" { // else what is first in the order is compared, however far it is
		w.conditions.PageLimit = math.MaxInt32
		if given, err = a.planned.ListEligibleProducts(ctx, w.conditions); err != nil {
			return nil, nil, 0, err
		}
	}
	ranking, err := a.compared(ctx, w, given)
	return taken, scores(ranking), w.threshold, err
}

// Ways returns the products nearest to a question that meet its conditions, as each of the queries
// finds them: all compared, by the index of vectors, by the codes of the categories it names, and
// weighed with their words.
func (a *Assistant) Ways(ctx context.Context, text string) (map[string][]int64, error) {
	w, given, err := a.asked(ctx, text)
	if err != nil {
		return nil, err
	}
	ways := map[string][]int64{}
	for name, find := range map[string]func() ([]candidate, error){
		"compared": func() ([]candidate, error) { return a.compared(ctx, w, given) },
		"by index": func() ([]candidate, error) { return a.nearestByIndex(ctx, w) },
		"by code":  func() ([]candidate, error) { return a.nearestOfCategories(ctx, w) },
		"weighed": func() ([]candidate, error) {
			nearest, _, _, err := a.weighed(ctx, w, given)
			return nearest, err
		},
	} {
		ranking, err := find()
		if err != nil {
			return nil, err
		}
		ways[name] = ids(ranking)
	}
	return ways, nil
}

// Words returns the products with all of a question's words, and with most of them, that meet its
// conditions: weighed one by one, and found by the index of words.
func (a *Assistant) Words(ctx context.Context, text string) (weighed, found [2][]int64, err error) {
	w, given, err := a.asked(ctx, text)
	if err != nil {
		return weighed, found, err
	}
	_, every, most, err := a.weighed(ctx, w, given)
	if err != nil {
		return weighed, found, err
	}
	everyFound, err := a.withWords(ctx, w, given, w.every)
	if err != nil {
		return weighed, found, err
	}
	mostFound, err := a.withMostWords(ctx, w, given)
	return [2][]int64{ids(every), ids(most)}, [2][]int64{ids(everyFound), ids(mostFound)}, err
}

func ids(ranking []candidate) (all []int64) {
	for _, c := range ranking {
		all = append(all, c.id)
	}
	return all
}

// asked returns the query of a question, and the products that meet its conditions if there are at
// most maxExact.
func (a *Assistant) asked(
	ctx context.Context, text string,
) (w sourceQuery, given []int64, err error) {
	known, err := a.names.Get(ctx)
	if err != nil {
		return w, nil, err
	}
	builtIn, err := a.vectors.Local(ctx)
	if err != nil {
		return w, nil, err
	}
	f := retrieval{
		local:    builtIn,
		Question: question.Parse(text, known.Dictionary, a.settings.Currency.Digits()),
		text:     text,
	}
	if w, err = a.wants(ctx, &f, known); err != nil {
		return w, nil, err
	}
	given, err = a.eligible(ctx, w)
	return w, given, err
}

func scores(ranking []candidate) (all []float64) {
	for _, c := range ranking {
		all = append(all, c.score)
	}
	return all
}

// Plans returns how often a statement ran by a cached plan and how often by a custom one, as
// counted on the connection that ran it most.
func (a *Assistant) Plans(ctx context.Context, name string) (kept, made int) {
	for _, conn := range a.pool.AcquireAllIdle(ctx) {
		var k, m int
		row := conn.QueryRow(
			ctx,
			"SELECT generic_plans, custom_plans FROM pg_prepared_statements "+
				"WHERE statement LIKE '-- name: ' || $1 || ' :%'",
			name,
		)
		if row.Scan(&k, &m) == nil {
			kept, made = max(kept, k), max(made, m)
		}
		conn.Release()
	}
	return kept, made
}
