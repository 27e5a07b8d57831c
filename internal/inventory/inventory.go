// Package inventory owns the stock of variants: a level is how many units of a variant lie at a
// location, and the ledger has a movement for every change of a level. The sum of a level's
// movements always is the level.
//
// Levels are locked in the order of their keys (variant, location), so that no two transactions
// deadlock.
package inventory

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Settings of the domain.
type Settings struct {
	// Critical, Low and Medium are the thresholds of stock health: the most units at which a
	// variant's stock is called so. More is high.
	Critical, Low, Medium int32
	// Changed is called after the commit of a change of stock. It invalidates cached pages.
	Changed func(ctx context.Context)
}

// Stock serves the stock operations.
type Stock struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	settings Settings
}

// New returns the domain.
func New(pool *pgxpool.Pool, settings Settings) *Stock {
	return &Stock{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		settings: settings,
	}
}

// change runs work in a transaction, and invalidates cached stock after its commit.
func (s *Stock) change(ctx context.Context, work func(*db.Queries) error) error {
	if err := postgres.Tx(ctx, s.pool, work); err != nil {
		return err
	}
	s.settings.Changed(ctx)
	return nil
}
