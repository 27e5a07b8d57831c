package reviews

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// CreateReview adds the caller's review of a product.
func (s *Reviews) CreateReview(
	ctx context.Context, r api.CreateReviewRequestObject,
) (api.CreateReviewResponseObject, error) {
	review, err := s.create(ctx, db.CreateReviewParams{
		ProductID: r.ID,
		UserID:    caller(ctx),
		Rating:    int16(r.Body.Rating),
		Title:     text(r.Body.Title),
		Body:      text(r.Body.Body),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateReview201JSONResponse{Body: ownBody(review)}, nil
}

// GetMyReview answers the caller's review of a product.
func (s *Reviews) GetMyReview(
	ctx context.Context, r api.GetMyReviewRequestObject,
) (api.GetMyReviewResponseObject, error) {
	review, err := s.queries.GetOwnReview(ctx, r.ID, caller(ctx))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	return api.GetMyReview200JSONResponse{Body: ownBody(review)}, err
}

// ReplaceMyReview sets all of the caller's review of a product.
func (s *Reviews) ReplaceMyReview(
	ctx context.Context, r api.ReplaceMyReviewRequestObject,
) (api.ReplaceMyReviewResponseObject, error) {
	review, err := s.replace(ctx, db.ReplaceOwnReviewParams{
		ProductID: r.ID,
		UserID:    caller(ctx),
		Rating:    int16(r.Body.Rating),
		Title:     text(r.Body.Title),
		Body:      text(r.Body.Body),
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceMyReview200JSONResponse(ownBody(review)), nil
}

// DeleteMyReview removes the caller's review of a product.
func (s *Reviews) DeleteMyReview(
	ctx context.Context, r api.DeleteMyReviewRequestObject,
) (api.DeleteMyReviewResponseObject, error) {
	if err := s.withdraw(ctx, r.ID, caller(ctx)); err != nil {
		return nil, err
	}
	return api.DeleteMyReview204Response{}, nil
}

// SetReviewVisibility hides a review or shows it.
func (s *Reviews) SetReviewVisibility(
	ctx context.Context, r api.SetReviewVisibilityRequestObject,
) (api.SetReviewVisibilityResponseObject, error) {
	row, err := s.setVisibility(ctx, r.ID, r.Body.IsHidden, text(r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return api.SetReviewVisibility200JSONResponse(adminBody(row.ReviewDetail, row.ProductName)), nil
}

func caller(ctx context.Context) int64 { return request.From(ctx).Principal.UserID }

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

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

func adminBody(r db.ReviewDetail, product string) api.AdminReview {
	return api.AdminReview{
		ID:                 r.ID,
		ProductID:          r.ProductID,
		ProductName:        product,
		UserID:             r.UserID,
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
