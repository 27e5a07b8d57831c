// Package inventory owns how much there is of what is sold: levels by location, and a ledger in
// which every unit that came or went has a row. The sum of a level's movements is the level,
// always.
package inventory

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors clients are told about.
var (
	ErrNoProduct       = problem.NotFound("product_not_found", "There is no such product.")
	ErrNoVariant       = problem.NotFound("variant_not_found", "There is no such variant.")
	ErrVariantRequired = &problem.Error{
		Status: 422, Code: "variant_required", Resolution: problem.FixRequest,
		Detail: "The product has several variants: say which by variant_id.",
	}
	ErrStockChanged = problem.Conflict(
		"stock_changed", "There is another number of units there than you expected.",
	)
	ErrInsufficient = problem.Conflict("insufficient_stock", "There are not that many units.")
	ErrTooManyUnits = problem.Conflict(
		"too_many_units", "A location holds at most 2147483647 units of a variant.",
	)
	ErrNoLocation    = problem.NotFound("location_not_found", "There is no such location.")
	ErrLocationTaken = problem.Conflict(
		"location_taken", "There is a location with this code already.",
	)
	errUnknownLocation = problem.Invalid(
		problem.Field{Pointer: "/location", Message: "names no location"},
	)
	errNamesNothing = problem.Invalid(
		problem.Field{
			Pointer: "/gtin",
			Message: "names no variant, nor does sku or variant_id: give one of them",
		},
	)
)

// Settings of the domain: most units at which a variant's stock is critical, low or medium. More is
// high.
type Settings struct {
	Critical, Low, Medium int32
	// Changed hears of products whose stock was set, after the commit.
	Changed func(ctx context.Context)
}

// Stock answers the stock operations.
type Stock struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, settings Settings) *Stock {
	return &Stock{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		settings: settings,
	}
}

// change runs one change of stock in a transaction.
func (s *Stock) change(ctx context.Context, work func(*db.Queries) error) error {
	if err := postgres.Tx(ctx, s.pool, work); err != nil {
		return err
	}
	s.settings.Changed(ctx)
	return nil
}
