package cart

import (
	"context"
	"fmt"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// MergeCart adds the lines of a guest's cart to the account's, and deletes the guest's cart. The
// response names the units that were left out.
func (c *Carts) MergeCart(
	ctx context.Context, r api.MergeCartRequestObject,
) (api.MergeCartResponseObject, error) {
	var dropped []api.CartDrop
	body, tag, err := c.edit(ctx, &r.Body.CartToken, nil, func(q *db.Queries, cart int64) error {
		guest, err := q.LockGuestCart(ctx, hash(r.Body.CartToken))
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		if dropped, err = merge(ctx, q, guest.ID, cart); err != nil {
			return err
		}
		return q.DeleteCart(ctx, guest.ID)
	})
	body.Dropped = dropped
	return api.MergeCart200JSONResponse{
		Body:    body,
		Headers: api.MergeCart200ResponseHeaders{ETag: tag},
	}, err
}

// merge adds the lines of one locked cart to another, and returns what it left out.
func merge(ctx context.Context, q *db.Queries, from, into int64) ([]api.CartDrop, error) {
	theirs, err := q.ListCartLines(ctx, from)
	if err != nil {
		return nil, err
	}
	before, err := q.ListCartLines(ctx, into)
	if err != nil {
		return nil, err
	}
	if err := q.MergeCart(ctx, into, from); err != nil {
		return nil, err
	}
	after, err := q.ListCartLines(ctx, into)
	if err != nil {
		return nil, err
	}
	had, has := unitsByVariant(before), unitsByVariant(after)
	dropped := make([]api.CartDrop, 0, len(theirs))
	for _, line := range theirs {
		missing := had[line.VariantID] + line.Quantity - has[line.VariantID]
		if missing <= 0 {
			continue
		}
		dropped = append(dropped, api.CartDrop{
			ProductID: line.ProductID,
			VariantID: line.VariantID,
			Name:      line.Name,
			Quantity:  missing,
			Message:   dropReason(line, has[line.VariantID]),
		})
	}
	return dropped, nil
}

// unitsByVariant returns how many units of each variant a cart has.
func unitsByVariant(lines []db.ListCartLinesRow) map[int64]int32 {
	units := make(map[int64]int32, len(lines))
	for _, line := range lines {
		units[line.VariantID] = line.Quantity
	}
	return units
}

// dropReason returns why units of a guest's line were left out. inCart is how many the merged cart
// has.
func dropReason(line db.ListCartLinesRow, inCart int32) string {
	switch {
	case line.IsGone:
		return "It is not sold any more."
	case !line.IsActive:
		return "It is not sold at the moment."
	case line.TrackInventory && line.Stock == 0:
		return "It is sold out."
	case line.TrackInventory && inCart >= line.Stock:
		return fmt.Sprintf("Only %d are left.", line.Stock)
	case inCart == 0:
		return fmt.Sprintf("A cart has %d lines at most.", MaxLines)
	}
	return fmt.Sprintf("A line has %d units at most.", MaxQuantity)
}
