package inventory

import (
	"context"
	"math"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// SetInventory sets how many units of a product lie at a location, and whether they are counted.
func (s *Stock) SetInventory(
	ctx context.Context, r api.SetInventoryRequestObject,
) (api.SetInventoryResponseObject, error) {
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		variant, err := variantOfProduct(ctx, q, r.ID, r.Body.VariantID)
		if err != nil {
			return err
		}
		at, err := location(ctx, q, r.Body.Location)
		if err != nil {
			return err
		}
		if r.Body.TrackInventory != nil {
			if err := q.SetTrackInventory(ctx, *r.Body.TrackInventory, variant); err != nil {
				return err
			}
		}
		if err := s.set(
			ctx, q, level{variant, at}, r.Body.Quantity, nil,
			Cause{Reason: Count, Actor: request.Actor(ctx)},
		); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, variant)
		return err
	})
	return api.SetInventory200JSONResponse(body), err
}

// SetStock sets a level exactly.
func (s *Stock) SetStock(
	ctx context.Context, r api.SetStockRequestObject,
) (api.SetStockResponseObject, error) {
	b := r.Body
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		at, err := levelNamed(ctx, q, b.Gtin, b.Sku, b.VariantID, b.Location)
		if err != nil {
			return err
		}
		cause := Cause{
			Reason:    Count,
			Reference: optional.Value(b.Reference),
			Actor:     request.Actor(ctx),
		}
		if b.Reason != nil {
			cause.Reason = string(*b.Reason)
		}
		if err := s.set(ctx, q, at, b.Quantity, b.ExpectedQuantity, cause); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, at.variant)
		return err
	})
	return api.SetStock200JSONResponse(body), err
}

// set makes a level exactly quantity. If expected is set and not the level before, it returns
// ErrStockChanged.
func (s *Stock) set(
	ctx context.Context, q *db.Queries, at level, quantity int32, expected *int32, cause Cause,
) error {
	l, err := lockLevel(ctx, q, at, expected)
	if err != nil {
		return err
	}
	return s.apply(ctx, q, l, []move{{at, quantity - l.levels[at]}}, cause)
}

// AdjustStock adds units to a level or takes some.
func (s *Stock) AdjustStock(
	ctx context.Context, r api.AdjustStockRequestObject,
) (api.AdjustStockResponseObject, error) {
	b := r.Body
	if b.Delta == 0 {
		return nil, problem.Invalid(problem.Field{Pointer: "/delta", Message: "must not be 0"})
	}
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		at, err := levelNamed(ctx, q, b.Gtin, b.Sku, b.VariantID, b.Location)
		if err != nil {
			return err
		}
		cause := Cause{
			Reason:    string(b.Reason),
			Reference: optional.Value(b.Reference),
			Actor:     request.Actor(ctx),
		}
		if err := s.adjust(ctx, q, at, b.Delta, b.ExpectedQuantity, cause); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, at.variant)
		return err
	})
	return api.AdjustStock200JSONResponse(body), err
}

// adjust adds delta units to a level, or takes some if it is negative: never more than there are.
func (s *Stock) adjust(
	ctx context.Context, q *db.Queries, at level, delta int32, expected *int32, cause Cause,
) error {
	l, err := lockLevel(ctx, q, at, expected)
	if err != nil {
		return err
	}
	if there := l.levels[at]; int64(there)+int64(delta) < 0 {
		return ErrInsufficient.Detailf(
			"There are %d units there, and %d were to be taken.", there, -int64(delta),
		)
	} else if int64(there)+int64(delta) > math.MaxInt32 {
		return ErrTooManyUnits
	}
	return s.apply(ctx, q, l, []move{{at, delta}}, cause)
}

// lockLevel locks a level, and creates it if there is none. If expected is set and not the level,
// it returns ErrStockChanged.
func lockLevel(ctx context.Context, q *db.Queries, at level, expected *int32) (*ledger, error) {
	l, err := lockOrCreate(ctx, q, []level{at})
	if err != nil {
		return nil, err
	}
	if expected != nil && *expected != l.levels[at] {
		return nil, ErrStockChanged.Detailf(
			"There are %d units there, not %d. Count again.", l.levels[at], *expected,
		)
	}
	return l, nil
}
