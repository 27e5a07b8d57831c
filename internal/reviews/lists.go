package reviews

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// sorts in the order cursors count them.
var sorts = []api.ReviewSort{api.ReviewSortNewest, api.ReviewSortHighest, api.ReviewSortLowest}

// ListProductReviews answers a page of the reviews of a product that is offered.
func (s *Reviews) ListProductReviews(
	ctx context.Context, r api.ListProductReviewsRequestObject,
) (api.ListProductReviewsResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListProductReviewsParams{
		ProductID:  r.ID,
		Rating:     small(p.Rating),
		Sort:       string(sorts[0]),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Sort != nil {
		params.Sort = string(*p.Sort)
	}
	sort := int64(slices.Index(sorts, api.ReviewSort(params.Sort)))
	after, err := page.After(p.Cursor, p.Offset, 4)
	if err != nil {
		return nil, err
	}
	if after != nil {
		if after[0] != sort || after[1] < 1 || after[1] > 5 || !isMoment(after[2]) {
			return nil, page.ErrCursor
		}
		params.AfterRating, params.AfterTime, params.AfterID = new(int16(after[1])), new(
			time.UnixMicro(after[2]),
		), &after[3]
	}
	counts, err := s.queries.CountProductReviews(ctx, r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoProduct
	}
	if err != nil {
		return nil, err
	}
	rows, err := s.planned.ListProductReviews(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListProductReviews200JSONResponse{
		Items:   make([]api.Review, 0, len(rows)),
		Summary: summary(counts),
		Limit:   asked.Limit,
		Offset:  asked.Offset,
	}
	body.Total = body.Summary.Count
	if p.Rating != nil {
		body.Total = []int64{counts.One, counts.Two, counts.Three, counts.Four, counts.Five}[*p.Rating-1]
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.Review{
			ID:                 row.ID,
			Rating:             int32(row.Rating),
			Title:              row.Title,
			Body:               row.Body,
			Author:             row.Author,
			IsVerifiedPurchase: row.IsVerifiedPurchase,
			CreatedAt:          row.CreatedAt,
			UpdatedAt:          row.UpdatedAt,
		})
	}
	if len(rows) == int(asked.Limit) {
		last := rows[len(rows)-1]
		body.NextCursor = new(
			page.Cursor(sort, int64(last.Rating), last.CreatedAt.UnixMicro(), last.ID),
		)
	}
	return body, nil
}

// summary is all reviews of a product together.
func summary(c db.CountProductReviewsRow) api.ReviewSummary {
	body := api.ReviewSummary{
		Count: c.One + c.Two + c.Three + c.Four + c.Five,
		Distribution: api.RatingDistribution{
			N1: c.One,
			N2: c.Two,
			N3: c.Three,
			N4: c.Four,
			N5: c.Five,
		},
	}
	if body.Count > 0 {
		stars := c.One + 2*c.Two + 3*c.Three + 4*c.Four + 5*c.Five
		body.Average = new(math.Round(float64(stars)/float64(body.Count)*10) / 10)
	}
	return body
}

// AdminListReviews answers a page of the reviews of all products, newest first.
func (s *Reviews) AdminListReviews(
	ctx context.Context, r api.AdminListReviewsRequestObject,
) (api.AdminListReviewsResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListReviewsParams{
		ProductID:  p.ProductID,
		Rating:     small(p.Rating),
		IsHidden:   p.IsHidden,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	before, err := page.After(p.Cursor, p.Offset, 2)
	if err != nil {
		return nil, err
	}
	if before != nil {
		if !isMoment(before[0]) {
			return nil, page.ErrCursor
		}
		params.BeforeTime, params.BeforeID = new(time.UnixMicro(before[0])), &before[1]
	}
	rows, err := s.planned.ListReviews(ctx, params)
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
	if before == nil {
		if body.Total, err = s.total(ctx, params, rows); err != nil {
			return nil, err
		}
	}
	if len(rows) == int(asked.Limit) {
		last := rows[len(rows)-1].ReviewDetail
		body.NextCursor = new(page.Cursor(last.CreatedAt.UnixMicro(), last.ID))
	}
	return body, nil
}

// total is how many reviews the filters let through. Every row carries it; a page behind the end
// asks the first.
func (s *Reviews) total(
	ctx context.Context, params db.ListReviewsParams, rows []db.ListReviewsRow,
) (*int64, error) {
	if len(rows) == 0 && params.PageOffset > 0 {
		params.PageLimit, params.PageOffset = 1, 0
		var err error
		if rows, err = s.planned.ListReviews(ctx, params); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		return new(int64(0)), nil
	}
	return &rows[0].Total, nil
}

// isMoment reports whether microseconds since 1970 are a time the database can hold.
func isMoment(micros int64) bool {
	return micros >= 0 && micros < time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

func small(number *int32) *int16 {
	if number == nil {
		return nil
	}
	return new(int16(*number))
}
