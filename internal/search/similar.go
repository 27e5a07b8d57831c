package search

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/catalog"
)

// defaultSimilar is how many similar products are returned unless the client sets a limit.
const defaultSimilar = 8

// ListSimilarProducts returns the products nearest in meaning to one that is offered, in one
// statement; two statements when there are none.
func (s *Search) ListSimilarProducts(
	ctx context.Context, r api.ListSimilarProductsRequestObject,
) (api.ListSimilarProductsResponseObject, error) {
	limit := int32(defaultSimilar)
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	model, err := s.vectors.Model(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.queries.ListSimilarProducts(ctx, limit, model, r.ID)
	if err != nil {
		return nil, err
	}
	body := api.ListSimilarProducts200JSONResponse{
		Items: make([]api.ProductSummary, 0, len(rows)),
		Limit: limit,
	}
	if len(rows) == 0 {
		offered, err := s.queries.IsProductVisible(ctx, r.ID)
		if err == nil && !offered {
			err = catalog.ErrProductNotFound
		}
		return body, err
	}
	for _, row := range rows {
		item, err := s.catalog.Summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		body.Items, body.Total = append(body.Items, item), row.Total
	}
	return body, nil
}
