package vectors

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/internal/model"
)

// Follow makes the vector of a product again after a change, if its text changed. It does nothing
// for a product that no longer exists.
func (v *Vectors) Follow(ctx context.Context, id int64) error {
	_, err := v.embedOne(ctx, id, false)
	return v.followed(err)
}

// FollowAll makes vectors again after a change that many products inherit. A run that is under way
// may have passed the products that changed, so another one follows it.
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
				return nil // the job of the run continues it
			}
			return v.followed(err)
		}
	}
	return nil
}

// followAgain is how long a job waits for a run that is under way.
const followAgain = 20 * time.Second

// followed returns the result of a job whose work returned err. A wrong setting is no reason to
// retry: the next index run finds what is stale.
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
