package catalog

import (
	"context"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
)

// defaultBoughtTogether is how many products are returned unless the client sets a limit.
const defaultBoughtTogether = 8

// ListBoughtTogether returns what customers who paid for a product also paid for. It runs one
// statement, and a second one when it finds nothing.
func (c *Catalog) ListBoughtTogether(
	ctx context.Context, r api.ListBoughtTogetherRequestObject,
) (api.ListBoughtTogetherResponseObject, error) {
	limit := optional.Or(r.Params.Limit, int32(defaultBoughtTogether))
	rows, err := c.queries.ListBoughtTogether(ctx, r.ID, limit)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		offered, err := c.queries.IsProductVisible(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		if !offered {
			return nil, ErrProductNotFound
		}
	}
	body := api.ListBoughtTogether200JSONResponse{
		Items: make([]api.ProductSummary, 0, len(rows)),
		Total: int64(len(rows)),
		Limit: limit,
	}
	for _, row := range rows {
		item, err := c.Summary(row.ProductCard)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, item)
	}
	return body, nil
}
