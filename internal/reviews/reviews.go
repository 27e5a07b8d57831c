// Package reviews owns what customers write about products. A trigger in the database keeps the
// rating of a product that lists show: the sum of the stars of its visible reviews.
package reviews

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// The errors that clients of the reviews see.
var (
	ErrNoProduct = problem.NotFound(
		"product_not_found", "There is no such product, or it is no longer offered.",
	)
	ErrNotFound = problem.NotFound("review_not_found", "There is no such review.")
	ErrExists   = problem.Conflict(
		"review_exists",
		"You have reviewed this product already. Change or withdraw that review instead.",
	)
)

// deletedAuthor is the author of a review whose account was deleted.
const deletedAuthor = "Deleted customer"

// Settings of the domain.
type Settings struct {
	// Changed is called after the commit of every change of a product's rating.
	Changed func(ctx context.Context)
}

// Reviews handles the operations of reviews.
type Reviews struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	settings Settings
}

// New returns the domain.
func New(pool *pgxpool.Pool, settings Settings) *Reviews {
	return &Reviews{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		settings: settings,
	}
}

// Forget replaces the author's name on the reviews of an account that is being deleted. The reviews
// stay.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.AnonymiseReviews(ctx, deletedAuthor, user)
}
