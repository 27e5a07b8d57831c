package reviews

import (
	"context"

	"github.com/shopd/shopd/internal/platform/optional"

	"strings"
	"unicode"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// CreateReview creates the caller's review of a product.
func (s *Reviews) CreateReview(
	ctx context.Context, r api.CreateReviewRequestObject,
) (api.CreateReviewResponseObject, error) {
	review, err := s.create(ctx, db.CreateReviewParams{
		ProductID: r.ID,
		UserID:    caller(ctx),
		Rating:    int16(r.Body.Rating),
		Title:     optional.Value(r.Body.Title),
		Body:      optional.Value(r.Body.Body),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateReview201JSONResponse{Body: ownBody(review)}, nil
}

// create creates a review of an active product.
func (s *Reviews) create(
	ctx context.Context, review db.CreateReviewParams,
) (db.ReviewDetail, error) {
	if err := checkText(review.Title, review.Body); err != nil {
		return db.ReviewDetail{}, err
	}
	row, err := s.queries.CreateReview(ctx, review)
	created := db.ReviewDetail(row)
	if postgres.Violates(err, "reviews_once_key") {
		return created, ErrExists
	}
	if err != nil {
		return created, postgres.NotFound(err, ErrNoProduct)
	}
	s.settings.Changed(ctx)
	return created, nil
}

// GetMyReview returns the caller's review of a product.
func (s *Reviews) GetMyReview(
	ctx context.Context, r api.GetMyReviewRequestObject,
) (api.GetMyReviewResponseObject, error) {
	review, err := s.queries.GetMyReview(ctx, r.ID, caller(ctx))
	if err != nil {
		return nil, postgres.NotFound(err, ErrNotFound)
	}
	return api.GetMyReview200JSONResponse{Body: ownBody(review)}, nil
}

// ReplaceMyReview replaces every field of the caller's review of a product.
func (s *Reviews) ReplaceMyReview(
	ctx context.Context, r api.ReplaceMyReviewRequestObject,
) (api.ReplaceMyReviewResponseObject, error) {
	review, err := s.replace(ctx, db.ReplaceMyReviewParams{
		ProductID: r.ID,
		UserID:    caller(ctx),
		Rating:    int16(r.Body.Rating),
		Title:     optional.Value(r.Body.Title),
		Body:      optional.Value(r.Body.Body),
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceMyReview200JSONResponse(ownBody(review)), nil
}

// replace replaces every field of an account's review of a product.
func (s *Reviews) replace(
	ctx context.Context, review db.ReplaceMyReviewParams,
) (db.ReviewDetail, error) {
	if err := checkText(review.Title, review.Body); err != nil {
		return db.ReviewDetail{}, err
	}
	row, err := s.queries.ReplaceMyReview(ctx, review)
	changed := db.ReviewDetail(row)
	if err != nil {
		return changed, postgres.NotFound(err, ErrNotFound)
	}
	s.settings.Changed(ctx)
	return changed, nil
}

// DeleteMyReview deletes the caller's review of a product.
func (s *Reviews) DeleteMyReview(
	ctx context.Context, r api.DeleteMyReviewRequestObject,
) (api.DeleteMyReviewResponseObject, error) {
	if err := s.withdraw(ctx, r.ID, caller(ctx)); err != nil {
		return nil, err
	}
	return api.DeleteMyReview204Response{}, nil
}

// withdraw deletes an account's review of a product.
func (s *Reviews) withdraw(ctx context.Context, product, user int64) error {
	deleted, err := s.queries.DeleteMyReview(ctx, product, user)
	if err != nil {
		return err
	}
	if deleted == 0 {
		return ErrNotFound
	}
	s.settings.Changed(ctx)
	return nil
}

func caller(ctx context.Context) int64 { return request.From(ctx).Principal.UserID }

func ownBody(r db.ReviewDetail) api.OwnReview {
	return api.OwnReview{
		ID:                 r.ID,
		ProductID:          r.ProductID,
		Rating:             int32(r.Rating),
		Title:              r.Title,
		Body:               r.Body,
		Author:             r.Author,
		IsVerifiedPurchase: r.IsVerifiedPurchase,
		IsHidden:           r.IsHidden,
		CreatedAt:          r.CreatedAt,
		UpdatedAt:          r.UpdatedAt,
	}
}

// checkText returns an error for control characters in a review's texts. A body may have several
// lines.
func checkText(title, body string) error {
	if err := checkLine("/title", title); err != nil {
		return err
	}
	return checkLine("/body", strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(body))
}

// checkLine returns an error for control characters, and for those that change the direction of the
// text around them.
func checkLine(pointer, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' ||
			r >= '\u2066' && r <= '\u2069'
	}) {
		return problem.Invalid(problem.Field{Pointer: pointer, Message: "holds control characters"})
	}
	return nil
}
