// Package jobs runs work after the request that caused it. A job is inserted in the transaction of
// its cause, so it exists if and only if the transaction was committed. It is worked at least once,
// even if a process crashes in between.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Limits of a job and of the workers of one process.
const (
	jobTimeout    = time.Minute
	atOnce        = 4 // jobs of the default queue
	importsAtOnce = 4
	fetchesAtOnce = 4

	// River rescues jobs by the clock of the process that leads: one that is an hour fast would
	// take every job from its worker. See rescue, which does it first.
	riverRescueAfter = 24 * time.Hour
)

// Queues of jobs that are long or slow. In the default queue they would delay other jobs.
const (
	Imports = "imports" // imports of files: some are fetched at once, one is read at a time
	Fetches = "fetches" // downloads from other servers
)

// Queue inserts jobs and, after Start, works them.
type Queue struct {
	pool    *pgxpool.Pool
	client  *river.Client[pgx.Tx]
	workers *river.Workers
	every   []Periodic
	log     *slog.Logger

	timeouts  map[string]time.Duration // by kind
	endRescue context.CancelFunc       // nil until Start
}

// New returns a queue. Each domain registers its jobs with Handle and Every.
func New(pool *pgxpool.Pool, log *slog.Logger) (*Queue, error) {
	workers := river.NewWorkers()
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: atOnce},
			Imports:            {MaxWorkers: importsAtOnce},
			Fetches:            {MaxWorkers: fetchesAtOnce},
		},
		Workers:              workers,
		Logger:               quiet(log),
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: riverRescueAfter,
	})
	return &Queue{
		pool:     pool,
		client:   client,
		workers:  workers,
		log:      log,
		timeouts: map[string]time.Duration{},
	}, err
}

// Tx runs work in one transaction, like postgres.Tx. Jobs that work inserts exist if and only if
// the transaction is committed.
func (q *Queue) Tx(
	ctx context.Context, work func(queries *db.Queries, insert func(river.JobArgs) error) error,
) error {
	return postgres.InTx(ctx, q.pool, func(tx pgx.Tx) error {
		return work(db.New(tx), func(job river.JobArgs) error {
			_, err := q.client.InsertTx(ctx, tx, job, nil)
			return err
		})
	})
}

// TxMany is like Tx, for many jobs that are inserted with one statement.
func (q *Queue) TxMany(
	ctx context.Context,
	work func(queries *db.Queries, insert func([]river.InsertManyParams) error) error,
) error {
	return postgres.InTx(ctx, q.pool, func(tx pgx.Tx) error {
		return work(db.New(tx), func(all []river.InsertManyParams) error {
			if len(all) == 0 {
				return nil
			}
			_, err := q.client.InsertManyFastTx(ctx, tx, all)
			return err
		})
	})
}

// Every inserts a job once in each period, and at the start of a process that works jobs. Several
// processes insert it once together.
func (q *Queue) Every(period time.Duration, job river.JobArgs) {
	q.every = append(q.every, Periodic{job.Kind(), period})
	insert := func() (river.JobArgs, *river.InsertOpts) {
		return job, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: period}}
	}
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(
		river.PeriodicInterval(period), insert, &river.PeriodicJobOpts{RunOnStart: true},
	))
}

// Start works jobs until Stop.
func (q *Queue) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := q.client.Start(ctx); err != nil {
		return err
	}
	ctx, q.endRescue = context.WithCancel(ctx)
	go q.rescue(ctx)
	return nil
}

// Stop waits for the jobs that are running to finish, until ctx ends.
func (q *Queue) Stop(ctx context.Context) error {
	if q.endRescue != nil {
		q.endRescue()
	}
	return q.client.Stop(ctx)
}
