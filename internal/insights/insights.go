// Package insights owns what those who run the shop look at: the dashboard and its tables, how
// large the shop has become, and the jobs behind requests.
package insights

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Settings of the domain.
type Settings struct {
	Currency money.Currency
	Zone     *time.Location // whose days the dashboard counts
	Low      int32          // most units at which a variant's stock is low
	Version  string         // the server's
	// Redis asks Redis about itself.
	Redis func(ctx context.Context) (cache.Facts, error)
}

// Insights answers the operations.
type Insights struct {
	queries  *db.Queries
	planned  *db.Queries
	queue    *jobs.Queue
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, queue *jobs.Queue, settings Settings) *Insights {
	return &Insights{
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		queue:    queue,
		settings: settings,
	}
}
