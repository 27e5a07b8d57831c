package webhooks

import (
	"context"
	"sync"
	"time"

	"github.com/shopd/shopd/gen/db"
)

const (
	atOnce     = 256                    // attempts under way in one process: many may hang
	perWebhook = 4                      // of those, to one webhook; one while it fails
	pause      = 250 * time.Millisecond // between two looks for what is due
	grace      = 30 * time.Second       // beyond the timeout until an attempt is taken for dead
)

// Run delivers what is due as it becomes so, until ctx ends; then it waits for the attempts under
// way. A receiver that hangs keeps no other waiting.
func (w *Webhooks) Run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	free := make(chan struct{}, atOnce)
	for range atOnce {
		free <- struct{}{}
	}
	ended := make(chan struct{}, 1)
	for {
		if room := len(free); room > 0 {
			taken, err := w.take(ctx, room)
			if err != nil && ctx.Err() == nil {
				w.settings.Log.ErrorContext(ctx, "webhooks are not delivered", "error", err.Error())
			}
			for _, d := range taken {
				<-free
				under.Go(func() {
					w.attempt(context.WithoutCancel(ctx), d)
					free <- struct{}{}
					select {
					case ended <- struct{}{}: // what waited for this one may be due now
					default:
					}
				})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ended:
		case <-time.After(pause):
		}
	}
}

// Deliver makes all attempts that are due now, and those that become due by them.
func (w *Webhooks) Deliver(ctx context.Context) error {
	for {
		taken, err := w.take(ctx, atOnce)
		if err != nil || len(taken) == 0 {
			return err
		}
		var under sync.WaitGroup
		for _, d := range taken {
			under.Go(func() { w.attempt(ctx, d) })
		}
		under.Wait()
	}
}

// take takes attempts that are due, so many at most.
func (w *Webhooks) take(ctx context.Context, most int) ([]db.TakeDeliveriesRow, error) {
	lease := w.settings.Timeout + grace
	return w.queries.TakeDeliveries(ctx, perWebhook, int32(most), int32(lease.Seconds()))
}
