package assistant

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
)

// Wait before an index run is tried again that another run stood in the way of.
const followAgain = 20 * time.Second

// Follow brings the vector of a product up to date after a change. Text that did not change costs no call of the model,
// a product that is gone nothing at all.
func (a *Assistant) Follow(ctx context.Context, id int64) error {
	_, err := a.embedOne(ctx, id, false)
	return a.followed(err)
}

// FollowAll brings all vectors up to date after a change of what many products inherit.
func (a *Assistant) FollowAll(ctx context.Context) error {
	if _, err := a.EmbedCategories(ctx); err != nil {
		return a.followed(err)
	}
	_, err := a.EmbedProducts(ctx, nil)
	return a.followed(err)
}

// followed is what a job makes of an outcome: a wrong setting is no reason to try again, as the next index run finds
// what is stale.
func (a *Assistant) followed(err error) error {
	switch {
	case errors.Is(err, ErrNoProduct), errors.Is(err, ErrMisconfigured):
		return nil
	case errors.Is(err, ErrIndexRunning):
		return river.JobSnooze(followAgain)
	}
	return err
}
