package cart

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// GetCart answers the caller's cart. Reading makes none.
func (c *Carts) GetCart(
	ctx context.Context, r api.GetCartRequestObject,
) (api.GetCartResponseObject, error) {
	var cart db.Cart
	var err error
	switch user := request.From(ctx).Principal.UserID; {
	case user != 0:
		if cart, err = c.queries.GetAccountCart(ctx, &user); errors.Is(err, pgx.ErrNoRows) {
			err = nil
		}
	case r.Params.XCartToken != nil:
		if cart, err = c.queries.GetGuestCart(ctx, hash(*r.Params.XCartToken)); errors.Is(
			err, pgx.ErrNoRows,
		) {
			err = ErrNotFound
		}
	}
	if err != nil {
		return nil, err
	}
	body, tag, err := c.show(ctx, c.queries, cart.ID, cart.Version)
	return api.GetCart200JSONResponse{
		Body:    body,
		Headers: api.GetCart200ResponseHeaders{ETag: tag},
	}, err
}

// AddCartItem puts something into the cart.
func (c *Carts) AddCartItem(
	ctx context.Context, r api.AddCartItemRequestObject,
) (api.AddCartItemResponseObject, error) {
	var answer api.AddCartItem200JSONResponse
	err := postgres.Tx(ctx, c.pool, func(q *db.Queries) error {
		cart, token, err := open(ctx, q, r.Params.XCartToken)
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
		answer.Body, answer.Headers.ETag, err = c.touch(ctx, q, cart.ID)
		answer.Body.CartToken = token
		return err
	})
	return answer, err
}

// ChangeCartItem sets or steps the units of a line.
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

// RemoveCartItem takes a line out of the cart.
func (c *Carts) RemoveCartItem(
	ctx context.Context, r api.RemoveCartItemRequestObject,
) (api.RemoveCartItemResponseObject, error) {
	p := r.Params
	body, tag, err := c.edit(ctx, p.XCartToken, p.IfMatch, func(q *db.Queries, cart int64) error {
		line, err := find(ctx, q, cart, r.ProductID, p.VariantID)
		if err != nil {
			return err
		}
		return q.DeleteCartLine(ctx, cart, line.VariantID)
	})
	return api.RemoveCartItem200JSONResponse{
		Body:    body,
		Headers: api.RemoveCartItem200ResponseHeaders{ETag: tag},
	}, err
}

// ClearCart empties the cart.
func (c *Carts) ClearCart(
	ctx context.Context, r api.ClearCartRequestObject,
) (api.ClearCartResponseObject, error) {
	_, _, err := c.edit(
		ctx, r.Params.XCartToken, r.Params.IfMatch,
		func(q *db.Queries, cart int64) error { return q.ClearCart(ctx, cart) },
	)
	return api.ClearCart204Response{}, err
}

// MergeCart adds a guest's cart to the account's.
func (c *Carts) MergeCart(
	ctx context.Context, r api.MergeCartRequestObject,
) (api.MergeCartResponseObject, error) {
	body, tag, err := c.edit(ctx, nil, nil, func(q *db.Queries, cart int64) error {
		guest, err := q.LockGuestCart(ctx, hash(r.Body.CartToken))
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
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

// edit changes the caller's cart, unless it is another version than ifMatch names, and answers it
// as it then is.
func (c *Carts) edit(
	ctx context.Context, token, ifMatch *string, work func(q *db.Queries, cart int64) error,
) (body api.Cart, tag *string, err error) {
	err = postgres.Tx(ctx, c.pool, func(q *db.Queries) error {
		cart, err := lock(ctx, q, token)
		if err != nil {
			return err
		}
		if err := version.Check(ifMatch, cart.Version); err != nil {
			return err
		}
		if err := work(q, cart.ID); err != nil {
			return err
		}
		body, tag, err = c.touch(ctx, q, cart.ID)
		return err
	})
	return body, tag, err
}

// touch counts a change and answers the cart as it is after it.
func (c *Carts) touch(ctx context.Context, q *db.Queries, cart int64) (api.Cart, *string, error) {
	now, err := q.TouchCart(ctx, cart)
	if err != nil {
		return api.Cart{}, nil, err
	}
	return c.show(ctx, q, cart, now)
}
