package reviews

import (
	"context"
	"time"

	"github.com/shopd/shopd/internal/platform/optional"

	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// AdminListReviews returns a page of the reviews of all products, newest first.
func (s *Reviews) AdminListReviews(
	ctx context.Context, r api.AdminListReviewsRequestObject,
) (api.AdminListReviewsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 2, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.AdminListReviewsParams{
		ProductID:  p.ProductID,
		Rating:     toInt16(p.Rating),
		IsHidden:   p.IsHidden,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if asked.HasCursor() {
		if !isMoment(*asked.Key(0)) {
			return nil, page.ErrCursor
		}
		params.BeforeTime, params.BeforeID = new(time.UnixMicro(*asked.Key(0))), asked.Key(1)
	}
	rows, err := s.planned.AdminListReviews(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.AdminListReviews200JSONResponse{
		Items:  make([]api.AdminReview, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, adminBody(row.ReviewDetail, row.ProductName))
	}
	if !asked.HasCursor() {
		if body.Total, err = s.total(ctx, params, rows); err != nil {
			return nil, err
		}
	}
	body.NextCursor = page.Next(asked, rows, func(r db.AdminListReviewsRow) page.Keys {
		return page.Keys{r.ReviewDetail.CreatedAt.UnixMicro(), r.ReviewDetail.ID}
	})
	return body, nil
}

// total returns how many reviews pass the filters. Every row carries it; for a page past the last
// it reads the first one.
func (s *Reviews) total(
	ctx context.Context, params db.AdminListReviewsParams, rows []db.AdminListReviewsRow,
) (*int64, error) {
	if len(rows) == 0 && params.PageOffset > 0 {
		params.PageLimit, params.PageOffset = 1, 0
		var err error
		if rows, err = s.planned.AdminListReviews(ctx, params); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		return new(int64(0)), nil
	}
	return &rows[0].Total, nil
}

// SetReviewVisibility hides a review, or shows it again.
func (s *Reviews) SetReviewVisibility(
	ctx context.Context, r api.SetReviewVisibilityRequestObject,
) (api.SetReviewVisibilityResponseObject, error) {
	row, err := s.setVisibility(ctx, r.ID, r.Body.IsHidden, optional.Value(r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return api.SetReviewVisibility200JSONResponse(adminBody(row.ReviewDetail, row.ProductName)), nil
}

// setVisibility hides a review or shows it again, and records in the audit log who did it and why.
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
	if err != nil {
		return row, postgres.NotFound(err, ErrNotFound)
	}
	s.settings.Changed(ctx)
	return row, nil
}

// record adds the change of a review's visibility to the audit log.
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
