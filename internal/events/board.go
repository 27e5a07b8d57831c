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
	batch      = 200                    // events told in one transaction
	purgeBatch = 2000                   // events forgotten in one statement
	pause      = 250 * time.Millisecond // between two looks
)

// Board tells listeners of events.
type Board struct {
	queries   *db.Queries
	queue     *jobs.Queue
	log       *slog.Logger
	listeners []Listener
}

// New makes a board.
func New(pool *pgxpool.Pool, queue *jobs.Queue, log *slog.Logger) *Board {
	return &Board{queries: db.New(pool), queue: queue, log: log}
}

// Listen adds a listener; to be called before Run.
func (b *Board) Listen(l Listener) { b.listeners = append(b.listeners, l) }

// Purge is a job that forgets events of more than 30 days ago, and their deliveries.
type Purge struct{}

// Kind implements river.JobArgs.
func (Purge) Kind() string { return "events.purge" }

// AddWorkers registers what works the domain's jobs.
func (b *Board) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[Purge]) error { return b.Purge(ctx) },
		),
	)
}

// Purge forgets what is old.
func (b *Board) Purge(ctx context.Context) error {
	for {
		if gone, err := b.queries.PurgeEvents(ctx, purgeBatch); err != nil || gone == 0 {
			return err
		}
	}
}

// Run tells of events as they come, until ctx ends. Of several processes one tells at a time.
func (b *Board) Run(ctx context.Context) {
	for {
		if err := b.Tell(ctx); err != nil && ctx.Err() == nil {
			b.log.ErrorContext(ctx, "events are not told", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Tell tells of all events nobody was told of yet.
func (b *Board) Tell(ctx context.Context) error {
	for {
		untold, err := b.queries.HasUndeliveredEvents(ctx)
		if err != nil || !untold {
			return err
		}
		told := 0
		err = b.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
			told = 0
			mine, err := q.TryLockEvents(ctx)
			if err != nil || !mine {
				return err
			}
			events, err := q.TakeUndeliveredEvents(ctx, batch)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, listen := range b.listeners {
				if err := listen(ctx, q, insert, events); err != nil {
					return err
				}
			}
			told = len(events)
			return nil
		})
		if err != nil || told == 0 {
			return err
		}
	}
}
