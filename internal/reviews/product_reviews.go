package reviews

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/shopd/shopd/internal/platform/postgres"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// sorts are the orders of reviews. A cursor holds the index of its order.
var sorts = []api.ReviewSort{api.ReviewSortNewest, api.ReviewSortHighest, api.ReviewSortLowest}

// ListProductReviews returns a page of the visible reviews of an active product.
func (s *Reviews) ListProductReviews(
	ctx context.Context, r api.ListProductReviewsRequestObject,
) (api.ListProductReviewsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 4, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListProductReviewsParams{
		ProductID:  r.ID,
		Rating:     toInt16(p.Rating),
		Sort:       string(sorts[0]),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Sort != nil {
		params.Sort = string(*p.Sort)
	}
	sort := int64(slices.Index(sorts, api.ReviewSort(params.Sort)))
	if asked.HasCursor() {
		stars, micros := *asked.Key(1), *asked.Key(2)
		if *asked.Key(0) != sort || stars < 1 || stars > 5 || !isMoment(micros) {
			return nil, page.ErrCursor
		}
		params.AfterRating, params.AfterTime = new(int16(stars)), new(time.UnixMicro(micros))
		params.AfterID = asked.Key(3)
	}
	counts, err := s.queries.CountProductReviews(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrNoProduct)
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
		byRating := []int64{counts.One, counts.Two, counts.Three, counts.Four, counts.Five}
		body.Total = byRating[*p.Rating-1]
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
	body.NextCursor = page.Next(asked, rows, func(r db.ReviewDetail) page.Keys {
		return page.Keys{sort, int64(r.Rating), r.CreatedAt.UnixMicro(), r.ID}
	})
	return body, nil
}

// summary returns how many reviews a product has of each rating, and their average.
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

// isMoment reports whether microseconds since 1970 are a time that the database can hold.
func isMoment(micros int64) bool {
	return micros >= 0 && micros < time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

func toInt16(number *int32) *int16 {
	if number == nil {
		return nil
	}
	return new(int16(*number))
}
