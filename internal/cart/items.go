package cart

import (
	"context"
	"fmt"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/version"
)

// AddCartItem adds units of a product to the cart. A guest without a cart gets one.
func (c *Carts) AddCartItem(
	ctx context.Context, r api.AddCartItemRequestObject,
) (api.AddCartItemResponseObject, error) {
	var response api.AddCartItem200JSONResponse
	err := c.tx(ctx, []*string{r.Params.XCartToken}, func(q *db.Queries) error {
		cart, token, err := lockOrBegin(ctx, q, r.Params.XCartToken)
		if err != nil {
			return err
		}
		if err := version.Check(r.Params.IfMatch, cart.Version); err != nil {
			return err
		}
		if err := add(
			ctx, q, cart.ID, r.Body.ProductID, r.Body.VariantID, r.Body.Quantity,
		); err != nil {
			return err
		}
		response.Body, response.Headers.ETag, err = c.touch(ctx, q, cart.ID)
		response.Body.CartToken = token
		return err
	})
	return response, err
}

// add adds units of a product, or of a variant of it, to a locked cart.
func add(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64, quantity int32,
) error {
	found, err := q.FindSellable(ctx, product, variant)
	switch {
	case err != nil:
		return err
	case len(found) == 0 && variant != nil:
		return inventory.ErrNoVariant
	case len(found) == 0:
		return inventory.ErrNoProduct
	case len(found) > 1:
		return inventory.ErrVariantRequired
	}
	it := found[0]
	has, err := q.CountCartLines(ctx, it.ID, cart)
	if err != nil {
		return err
	}
	sum := has.Quantity + quantity
	available := it.Stock
	if !it.IsActive {
		available = 0
	}
	switch {
	case has.Quantity == 0 && has.Lines >= MaxLines:
		return ErrFull
	case sum > MaxQuantity:
		return errTooMany
	case !it.IsActive, it.TrackInventory && sum > it.Stock:
		return insufficient(available, has.Quantity)
	}
	return q.SetCartLine(ctx, db.SetCartLineParams{
		CartID:     cart,
		VariantID:  it.ID,
		Quantity:   sum,
		PriceMinor: it.UnitMinor,
	})
}

// ChangeCartItem sets the quantity of a line, or changes it by a delta.
func (c *Carts) ChangeCartItem(
	ctx context.Context, r api.ChangeCartItemRequestObject,
) (api.ChangeCartItemResponseObject, error) {
	p := r.Params
	body, tag, err := c.edit(ctx, p.XCartToken, p.IfMatch, func(q *db.Queries, cart int64) error {
		return change(ctx, q, cart, r.ProductID, p.VariantID, r.Body.Quantity, r.Body.Delta)
	})
	return api.ChangeCartItem200JSONResponse{
		Body:    body,
		Headers: api.ChangeCartItem200ResponseHeaders{ETag: tag},
	}, err
}

// change sets the quantity of a line, or changes it by delta. A line of no units is removed.
func change(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64, quantity, delta *int32,
) error {
	if (quantity == nil) == (delta == nil) {
		return errQuantityOrDelta
	}
	line, err := find(ctx, q, cart, product, variant)
	if err != nil {
		return err
	}
	wanted := int32(0)
	if quantity != nil {
		wanted = *quantity
	} else {
		wanted = line.Quantity + *delta
	}
	switch {
	case wanted <= 0:
		return q.RemoveCartItem(ctx, cart, line.VariantID)
	case wanted > MaxQuantity:
		return errTooMany
	case wanted <= line.Quantity: // fewer are allowed even if the stock is lower
	case !line.IsSold:
		return insufficient(0, line.Quantity)
	case line.TrackInventory && wanted > line.Stock:
		return insufficient(line.Stock, line.Quantity)
	}
	return q.SetCartLine(ctx, db.SetCartLineParams{
		CartID:     cart,
		VariantID:  line.VariantID,
		Quantity:   wanted,
		PriceMinor: line.UnitMinor,
	})
}

// RemoveCartItem removes a line from the cart.
func (c *Carts) RemoveCartItem(
	ctx context.Context, r api.RemoveCartItemRequestObject,
) (api.RemoveCartItemResponseObject, error) {
	p := r.Params
	body, tag, err := c.edit(ctx, p.XCartToken, p.IfMatch, func(q *db.Queries, cart int64) error {
		line, err := find(ctx, q, cart, r.ProductID, p.VariantID)
		if err != nil {
			return err
		}
		return q.RemoveCartItem(ctx, cart, line.VariantID)
	})
	return api.RemoveCartItem200JSONResponse{
		Body:    body,
		Headers: api.RemoveCartItem200ResponseHeaders{ETag: tag},
	}, err
}

// ClearCart removes all lines of the cart.
func (c *Carts) ClearCart(
	ctx context.Context, r api.ClearCartRequestObject,
) (api.ClearCartResponseObject, error) {
	_, _, err := c.edit(
		ctx, r.Params.XCartToken, r.Params.IfMatch,
		func(q *db.Queries, cart int64) error { return q.ClearCart(ctx, cart) },
	)
	return api.ClearCart204Response{}, err
}

// find returns the only line of a product, or of the variant, in a cart.
func find(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64,
) (db.FindCartLinesRow, error) {
	lines, err := q.FindCartLines(ctx, cart, product, variant)
	switch {
	case err != nil:
		return db.FindCartLinesRow{}, err
	case len(lines) == 0:
		return db.FindCartLinesRow{}, ErrNoLine
	case len(lines) > 1:
		return db.FindCartLinesRow{}, inventory.ErrVariantRequired
	}
	return lines[0], nil
}

// insufficient returns the problem that says how many units are available.
func insufficient(available, inCart int32) error {
	message := fmt.Sprintf("%d are available", available)
	if inCart > 0 {
		message += fmt.Sprintf(", and %d are in the cart already", inCart)
	}
	return inventory.ErrInsufficient.Detailf("There are not that many units: %s.", message).
		With(problem.Field{Pointer: "/quantity", Message: message})
}
