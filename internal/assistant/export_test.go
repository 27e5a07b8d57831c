package assistant

import (
	"context"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/question"
)

// Retrieve does all that is done for a question but to write the answer, and says how many sources it has.
func (a *Assistant) Retrieve(ctx context.Context, text string) (int, error) {
	f, err := a.retrieve(ctx, text, nil)
	return len(f.hits), err
}

// Statement is what FindSources is asked for a question.
func (a *Assistant) Statement(ctx context.Context, text string) (db.FindSourcesParams, error) {
	dictionary, err := a.names(ctx)
	if err != nil {
		return db.FindSourcesParams{}, err
	}
	f := finding{Question: question.Parse(text, dictionary, a.settings.Currency.Digits()), text: text}
	return a.searchFor(ctx, &f)
}

// About answers which of the products that FindSources found a question is about, as far as their words and scores tell.
func (a *Assistant) About(ctx context.Context, text string, params db.FindSourcesParams, rows []db.FindSourcesRow) (scores []float64, err error) {
	dictionary, err := a.names(ctx)
	if err != nil {
		return nil, err
	}
	f := finding{Question: question.Parse(text, dictionary, a.settings.Currency.Digits()), byWords: a.isLocal(ctx)}
	ids := make([]int64, len(rows))
	score := map[int64]float64{}
	for i, row := range rows {
		ids[i], score[row.ProductID] = row.ProductID, row.Score
	}
	sources, err := a.queries.ListSources(ctx, db.ListSourcesParams{Ids: ids, MinMinor: params.MinMinor, MaxMinor: params.MaxMinor, OnSale: params.OnSale})
	if err != nil {
		return nil, err
	}
	all := make([]found, len(sources))
	for i, source := range sources {
		all[i] = found{ListSourcesRow: source, Score: score[source.ProductCard.ProductID]}
	}
	for _, kept := range a.relevant(f, all) {
		scores = append(scores, kept.Score)
	}
	return scores, nil
}
