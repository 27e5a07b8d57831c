package webhooks

import (
	"context"
	"sync"
	"time"

	"github.com/shopd/shopd/gen/db"
)

const (
	maxAttempts  = 256                    // under way in one process: many receivers may hang
	perWebhook   = 4                      // of those, to one webhook; one while it fails
	pollInterval = 250 * time.Millisecond // between two looks for due deliveries
	leaseGrace   = 30 * time.Second       // of a lease, beyond the timeout of an attempt
)

// Run makes deliveries as they become due, until ctx ends. Then it waits for the attempts under
// way. A receiver that hangs does not delay others.
func (w *Webhooks) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	free := make(chan struct{}, maxAttempts)
	for range maxAttempts {
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
				running.Go(func() {
					w.attempt(context.WithoutCancel(ctx), d)
					free <- struct{}{}
					select {
					case ended <- struct{}{}: // the next delivery of the object may be due now
					default:
					}
				})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ended:
		case <-time.After(pollInterval):
		}
	}
}

// Deliver makes all deliveries that are due, including those that become due meanwhile.
func (w *Webhooks) Deliver(ctx context.Context) error {
	for {
		taken, err := w.take(ctx, maxAttempts)
		if err != nil || len(taken) == 0 {
			return err
		}
		var running sync.WaitGroup
		for _, d := range taken {
			running.Go(func() { w.attempt(ctx, d) })
		}
		running.Wait()
	}
}

// take leases deliveries that are due, at most limit of them.
func (w *Webhooks) take(ctx context.Context, limit int) ([]db.TakeDeliveriesRow, error) {
	lease := w.settings.Timeout + leaseGrace
	return w.queries.TakeDeliveries(ctx, perWebhook, int32(limit), int32(lease.Seconds()))
}
