package vectors

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/internal/model"
)

// Follow brings the vector of a product up to date after a change. Text that did not change costs
// no call of the model, a product that is gone nothing at all.
func (v *Vectors) Follow(ctx context.Context, id int64) error {
	_, err := v.embedOne(ctx, id, false)
	return v.followed(err)
}

// FollowAll brings all vectors up to date after a change of what many products inherit. A run that
// is under way may have passed what changed, so another one follows it.
func (v *Vectors) FollowAll(ctx context.Context) error {
	for _, kind := range []string{kindCategories, kindProducts} {
		id, isNew, err := v.begin(ctx, kind)
		if err != nil {
			return err
		}
		if !isNew {
			return river.JobSnooze(followAgain)
		}
		if _, err := v.drive(ctx, id, nil); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				return nil // the job of the run goes on with it, and the next edit with the rest
			}
			return v.followed(err)
		}
	}
	return nil
}

// followAgain is the wait for a run that stands in the way.
const followAgain = 20 * time.Second

// followed is what a job makes of an outcome: a wrong setting is no reason to try again, as the
// next index run finds what is stale.
func (v *Vectors) followed(err error) error {
	switch {
	case errors.Is(err, ErrNoProduct), errors.Is(err, model.ErrMisconfigured):
		return nil
	}
	var quota *model.QuotaError
	if errors.As(err, &quota) {
		return river.JobSnooze(quota.RetryAfter)
	}
	return err
}
