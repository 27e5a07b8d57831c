// Package reviews owns what buyers think of products. A product's rating in lists is kept by the
// database itself: the sum of the stars of the reviews that are shown.
package reviews

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors clients are told about.
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

// nobody is the author of a review whose account was deleted.
const nobody = "Deleted customer"

// Settings of the domain.
type Settings struct {
	// Changed hears of every change of a product's rating, after the commit.
	Changed func(ctx context.Context)
}

// Reviews answers the review operations.
type Reviews struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, settings Settings) *Reviews {
	return &Reviews{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		settings: settings,
	}
}

// Forget takes the name of an account that is deleted off its reviews, which stay.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.AnonymiseReviews(ctx, nobody, user)
}

// create adds a review of a product that is offered.
func (s *Reviews) create(
	ctx context.Context, review db.CreateReviewParams,
) (db.ReviewDetail, error) {
	if err := checkText(review.Title, review.Body); err != nil {
		return db.ReviewDetail{}, err
	}
	row, err := s.queries.CreateReview(ctx, review)
	created := db.ReviewDetail(row)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return created, ErrNoProduct
	case postgres.Violates(err, "reviews_once_key"):
		return created, ErrExists
	case err != nil:
		return created, err
	}
	s.settings.Changed(ctx)
	return created, nil
}

// replace sets all of an account's review of a product.
func (s *Reviews) replace(
	ctx context.Context, review db.ReplaceOwnReviewParams,
) (db.ReviewDetail, error) {
	if err := checkText(review.Title, review.Body); err != nil {
		return db.ReviewDetail{}, err
	}
	row, err := s.queries.ReplaceOwnReview(ctx, review)
	changed := db.ReviewDetail(row)
	if errors.Is(err, pgx.ErrNoRows) {
		return changed, ErrNotFound
	}
	if err != nil {
		return changed, err
	}
	s.settings.Changed(ctx)
	return changed, nil
}

// withdraw removes an account's review of a product.
func (s *Reviews) withdraw(ctx context.Context, product, user int64) error {
	deleted, err := s.queries.DeleteOwnReview(ctx, product, user)
	if err != nil {
		return err
	}
	if deleted == 0 {
		return ErrNotFound
	}
	s.settings.Changed(ctx)
	return nil
}

// setVisibility hides a review or shows it, and writes down who did.
func (s *Reviews) setVisibility(
	ctx context.Context, id int64, isHidden bool, reason string,
) (row db.GetReviewRow, err error) {
	if err := checkLine("/reason", reason); err != nil {
		return row, err
	}
	err = postgres.Tx(ctx, s.pool, func(q *db.Queries) error {
		if _, err = q.LockReview(ctx, id); err != nil {
			return err
		}
		if row, err = q.GetReview(ctx, id); err != nil || row.ReviewDetail.IsHidden == isHidden {
			return err
		}
		row.ReviewDetail.IsHidden = isHidden
		if err := q.SetReviewVisibility(ctx, isHidden, id); err != nil {
			return err
		}
		return record(ctx, q, row.ReviewDetail, reason)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrNotFound
	}
	if err != nil {
		return row, err
	}
	s.settings.Changed(ctx)
	return row, nil
}

// record writes down what was done with an account's review.
func record(ctx context.Context, q *db.Queries, review db.ReviewDetail, reason string) error {
	entry := audit.Entry{
		Event:      "review.shown",
		ObjectType: "review",
		ObjectID:   strconv.FormatInt(review.ID, 10),
		Before: map[string]any{
			"is_hidden": !review.IsHidden,
		},
		After:  map[string]any{"is_hidden": review.IsHidden},
		Detail: map[string]any{"account": review.UserID, "reason": reason},
	}
	if review.IsHidden {
		entry.Event = "review.hidden"
	}
	return audit.Record(ctx, q, entry)
}

// checkText refuses what is not plain text. A body may have several lines.
func checkText(title, body string) error {
	if err := checkLine("/title", title); err != nil {
		return err
	}
	return checkLine("/body", strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(body))
}

// checkLine refuses control characters, and those that make text run backwards around it.
func checkLine(pointer, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' ||
			r >= '\u2066' && r <= '\u2069'
	}) {
		return problem.Invalid(problem.Field{Pointer: pointer, Message: "holds control characters"})
	}
	return nil
}
