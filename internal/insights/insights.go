// Package insights owns what the shop's staff looks at: the dashboard and its reports, statistics
// of the shop and its database, and the background jobs.
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
	Zone     *time.Location // the time zone of the dashboard's days
	Low      int32          // a variant's stock is low at so many units or fewer
	Version  string         // the server's
	// Redis returns facts about the Redis server.
	Redis func(ctx context.Context) (cache.Facts, error)
}

// Insights handles the operations on the dashboard, statistics and jobs.
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
