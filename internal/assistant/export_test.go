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
