package events

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/jobs"
)

const (
	dispatchBatch = 200                    // events dispatched in one transaction
	purgeBatch    = 2000                   // events deleted in one statement
	pollInterval  = 250 * time.Millisecond // between two looks for new events
)

// Dispatcher calls the listeners with new events.
type Dispatcher struct {
	queries   *db.Queries
	queue     *jobs.Queue
	log       *slog.Logger
	listeners []Listener
}

// NewDispatcher returns a dispatcher and registers the job that purges old events.
func NewDispatcher(pool *pgxpool.Pool, queue *jobs.Queue, log *slog.Logger) *Dispatcher {
	d := &Dispatcher{queries: db.New(pool), queue: queue, log: log}
	jobs.Handle(queue, func(ctx context.Context, _ Purge) error { return d.Purge(ctx) })
	queue.Every(time.Hour, Purge{})
	return d
}

// Listen adds a listener. Call it before Run.
func (d *Dispatcher) Listen(l Listener) { d.listeners = append(d.listeners, l) }

// Purge is the job that deletes events older than 30 days, and their deliveries.
type Purge struct{}

// Kind implements river.JobArgs.
func (Purge) Kind() string { return "events.purge" }

// Purge deletes events older than 30 days, and their deliveries.
func (d *Dispatcher) Purge(ctx context.Context) error {
	for {
		if deleted, err := d.queries.PurgeEvents(ctx, purgeBatch); err != nil || deleted == 0 {
			return err
		}
	}
}

// Run dispatches new events until ctx ends. Of several processes one dispatches at a time.
func (d *Dispatcher) Run(ctx context.Context) {
	for {
		if err := d.Dispatch(ctx); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "events are not dispatched", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollInterval):
		}
	}
}

// Dispatch calls the listeners with all events that were not dispatched yet.
func (d *Dispatcher) Dispatch(ctx context.Context) error {
	for {
		waiting, err := d.queries.HasUndeliveredEvents(ctx)
		if err != nil || !waiting {
			return err
		}
		dispatched := 0
		err = d.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
			dispatched = 0
			locked, err := q.TryLockEvents(ctx)
			if err != nil || !locked {
				return err
			}
			events, err := q.TakeUndeliveredEvents(ctx, dispatchBatch)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, listen := range d.listeners {
				if err := listen(ctx, q, insert, events); err != nil {
					return err
				}
			}
			dispatched = len(events)
			return nil
		})
		if err != nil || dispatched == 0 {
			return err
		}
	}
}
