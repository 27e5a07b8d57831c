package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/api"
)

// defaultSimilar is how many similar products are answered unless asked otherwise.
const defaultSimilar = 8

// ListSimilarProducts answers the products nearest in meaning to one that is offered, in one
// statement; two when there is nothing like it.
func (c *Catalog) ListSimilarProducts(
	ctx context.Context, r api.ListSimilarProductsRequestObject,
) (api.ListSimilarProductsResponseObject, error) {
	limit := orDefault(r.Params.Limit, int32(defaultSimilar))
	model, err := c.settings.Model(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.queries.ListSimilarProducts(ctx, limit, model, r.ID)
	if err != nil {
		return nil, err
	}
	body := api.ListSimilarProducts200JSONResponse{
		Items: make([]api.ProductSummary, 0, len(rows)),
		Limit: limit,
	}
	if len(rows) == 0 {
		offered, err := c.queries.IsOffered(ctx, r.ID)
		if err == nil && !offered {
			err = ErrProductNotFound
		}
		return body, err
	}
	for _, row := range rows {
		item, err := c.Summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		body.Items, body.Total = append(body.Items, item), row.Total
	}
	return body, nil
}
