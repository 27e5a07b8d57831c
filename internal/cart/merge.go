package cart

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// MergeCart adds the lines of a guest's cart to the account's, and deletes the guest's.
func (c *Carts) MergeCart(
	ctx context.Context, r api.MergeCartRequestObject,
) (api.MergeCartResponseObject, error) {
	body, tag, err := c.edit(ctx, &r.Body.CartToken, nil, func(q *db.Queries, cart int64) error {
		guest, err := q.LockGuestCart(ctx, hash(r.Body.CartToken))
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		if err := q.MergeCartLines(ctx, cart, guest.ID); err != nil {
			return err
		}
		return q.DeleteCart(ctx, guest.ID)
	})
	return api.MergeCart200JSONResponse{
		Body:    body,
		Headers: api.MergeCart200ResponseHeaders{ETag: tag},
	}, err
}
