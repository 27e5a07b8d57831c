package assistant

import (
	"context"
	"math"

	"github.com/shopd/shopd/internal/question"
)

// Retrieve does all that is done for a question but to write the answer, and says how many sources it has.
func (a *Assistant) Retrieve(ctx context.Context, text string) (int, error) {
	f, err := a.retrieve(ctx, text, nil)
	return len(f.hits), err
}

// Nearest are the scores of the products nearest to a question: as retrieve takes them, and of all that meet its conditions
// compared one by one. Those below the threshold are among them.
func (a *Assistant) Nearest(ctx context.Context, text string) (taken, exact []float64, threshold float64, err error) {
	dictionary, err := a.names(ctx)
	if err != nil {
		return nil, nil, 0, err
	}
	f := finding{Question: question.Parse(text, dictionary, a.settings.Currency.Digits()), text: text}
	w, err := a.wants(ctx, &f, dictionary)
	if err != nil {
		return nil, nil, 0, err
	}
	given, err := a.eligible(ctx, w)
	if err != nil {
		return nil, nil, 0, err
	}
	if given == nil || len(given) > 0 {
		if taken, err = a.scores(ctx, w, given); err != nil {
			return nil, nil, 0, err
		}
	}
	if w.conditions.Sort == "" { // else what is first in the order is compared, however far it is
		w.conditions.PageLimit = math.MaxInt32
		if given, err = a.planned.ListEligibleProducts(ctx, w.conditions); err != nil {
			return nil, nil, 0, err
		}
	}
	exact, err = a.scores(ctx, w, given)
	return taken, exact, w.threshold, err
}

func (a *Assistant) scores(ctx context.Context, w wanted, given []int64) (scores []float64, err error) {
	ranking, err := a.nearest(ctx, w, given)
	for _, c := range ranking {
		scores = append(scores, c.score)
	}
	return scores, err
}
