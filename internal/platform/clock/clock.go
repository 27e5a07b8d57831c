// Package clock tells the time of the database. The clocks of machines differ, and jump when they
// are set. What several processes must agree on, such as whether a token has expired, goes by the
// clock they all share.
package clock

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// syncPeriod is how often the database is asked. In between the time passes by the counter of
	// the system, which no change of its clock moves.
	syncPeriod = time.Minute
	// retryPeriod is how soon it is asked again after a failure.
	retryPeriod = 5 * time.Second
	// maxTrip is how long an answer may have been under way to be believed.
	maxTrip = time.Second
)

// Clock is safe for concurrent use. A nil Clock tells the time of the system.
type Clock struct {
	read func(context.Context) (time.Time, error)
	last atomic.Pointer[reading]
}

// reading is what the database said, and when it said so.
type reading struct {
	said time.Time
	at   time.Time // with a monotonic reading: it is only used for differences
}

// New asks the database for the time by read, and again each minute until ctx ends.
func New(
	ctx context.Context, read func(context.Context) (time.Time, error),
) (*Clock, error) {
	c := &Clock{read: read}
	if err := c.sync(ctx); err != nil {
		return nil, err
	}
	go c.follow(ctx)
	return c, nil
}

// Now returns the time of the database.
func (c *Clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
	last := c.last.Load()
	return last.said.Add(time.Since(last.at))
}

// sync asks the database. An answer that took long is believed only if there is none yet.
func (c *Clock) sync(ctx context.Context) error {
	began := time.Now()
	said, err := c.read(ctx)
	if err != nil {
		return err
	}
	trip := time.Since(began)
	if trip > maxTrip && c.last.Load() != nil {
		return nil
	}
	c.last.Store(&reading{said.Add(trip / 2), time.Now()})
	return nil
}

func (c *Clock) follow(ctx context.Context) {
	for wait := syncPeriod; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if wait = syncPeriod; c.sync(ctx) != nil {
			wait = retryPeriod
		}
	}
}
