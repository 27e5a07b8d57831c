package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Periodic is a kind of job that is inserted once a period.
type Periodic struct {
	Kind   string
	Period time.Duration
}

// Periodic returns the jobs that Every registered.
func (q *Queue) Periodic() []Periodic { return q.every }

// Manager changes jobs within a transaction.
type Manager struct {
	tx     pgx.Tx
	client *river.Client[pgx.Tx]
}

// Manage runs work in one transaction, like Tx, with a Manager that changes existing jobs.
func (q *Queue) Manage(ctx context.Context, work func(*db.Queries, Manager) error) error {
	return postgres.Retry(func() error {
		return pgx.BeginTxFunc(ctx, q.pool, postgres.Begin(ctx), func(tx pgx.Tx) error {
			return work(db.New(tx), Manager{tx, q.client})
		})
	})
}

// Retry makes a job due now, with one more attempt if it has none left. A job that is running is
// not changed.
func (m Manager) Retry(ctx context.Context, id int64) error {
	_, err := m.client.JobRetryTx(ctx, m.tx, id)
	return err
}

// Cancel removes a waiting job from the queue, and asks a running one to stop.
func (m Manager) Cancel(ctx context.Context, id int64) error {
	_, err := m.client.JobCancelTx(ctx, m.tx, id)
	return err
}
