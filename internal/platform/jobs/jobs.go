// Package jobs runs work after its request: a job is inserted in the transaction of what causes it,
// so it exists if and only if that was committed, and is worked at least once, whatever crashes in
// between.
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
	jobTimeout  = time.Minute
	rescueAfter = 2 * time.Minute // a job whose worker died is given to another
	atOnce      = 4

	fetchesAtOnce = 4
)

// Queues beside the default one, so that what is long or slow delays no other job.
const (
	Imports = "imports" // files, one after the other
	Fetches = "fetches" // of what lies elsewhere on the web
)

// Queue takes jobs and, once started, works them.
type Queue struct {
	pool    *pgxpool.Pool
	client  *river.Client[pgx.Tx]
	workers *river.Workers
	every   []Periodic
}

// New returns a queue. Each domain registers its jobs with Handle and Every; workers takes them.
func New(pool *pgxpool.Pool, workers *river.Workers, log *slog.Logger) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {
				MaxWorkers: atOnce,
			},
			Imports: {MaxWorkers: 1},
			Fetches: {MaxWorkers: fetchesAtOnce},
		},
		Workers: workers, Logger: quiet(log), JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter,
	})
	return &Queue{pool: pool, client: client, workers: workers}, err
}

// Tx runs work in one transaction, like postgres.Tx, with a way to insert jobs that exist if it
// commits.
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

// TxMany is Tx for many jobs: they are inserted at once.
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

// Every inserts a job again and again, once a period however many processes there are, from the
// start of one that works jobs.
func (q *Queue) Every(period time.Duration, job river.JobArgs) {
	q.every = append(q.every, Periodic{job.Kind(), period})
	q.client.PeriodicJobs().
		Add(river.NewPeriodicJob(river.PeriodicInterval(period), func() (river.JobArgs, *river.InsertOpts) {
			return job, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: period}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Start works jobs until Stop.
func (q *Queue) Start(ctx context.Context) error {
	return q.client.Start(context.WithoutCancel(ctx))
}

// Stop lets the jobs under way finish, until ctx ends.
func (q *Queue) Stop(ctx context.Context) error { return q.client.Stop(ctx) }
