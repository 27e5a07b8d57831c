package cart

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// GetCart returns the caller's cart; an empty one if there is none. It creates no cart.
func (c *Carts) GetCart(
	ctx context.Context, r api.GetCartRequestObject,
) (api.GetCartResponseObject, error) {
	var cart db.Cart
	var err error
	switch user := request.From(ctx).Principal.UserID; {
	case user != 0:
		cart, err = c.queries.GetAccountCart(ctx, &user)
		err = postgres.NotFound(err, nil)
	case r.Params.XCartToken != nil:
		cart, err = c.queries.GetGuestCart(ctx, hash(*r.Params.XCartToken))
		err = postgres.NotFound(err, ErrNotFound)
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

// show returns a cart of a version as it can be bought now, and its ETag. Id 0 is an empty cart.
func (c *Carts) show(
	ctx context.Context, q *db.Queries, cart, cartVersion int64,
) (api.Cart, *string, error) {
	body := api.Cart{
		Lines:    []api.CartLine{},
		Problems: []api.CartProblem{},
		Currency: api.Currency(c.settings.Currency),
	}
	var rows []db.ListCartLinesRow
	if cart != 0 {
		var err error
		if rows, err = q.ListCartLines(ctx, cart); err != nil {
			return body, nil, err
		}
	}
	subtotal := int64(0)
	for _, row := range rows {
		line, total, err := c.line(row)
		if err != nil {
			return body, nil, err
		}
		body.Lines = append(body.Lines, line)
		body.Problems = append(body.Problems, c.problems(row)...)
		if !row.IsGone && row.IsActive {
			body.TotalQuantity += int64(row.Quantity)
			subtotal, _ = c.settings.Currency.Plus(subtotal, total) // at most the largest amount
		}
	}
	body.Subtotal = c.settings.Currency.Format(subtotal)
	content, err := json.Marshal(body)
	return body, new(version.Tag(cartVersion, int64(xxhash.Sum64(content)>>1))), err
}

// line returns a line of the cart, and what it costs in minor units: at most the largest amount.
func (c *Carts) line(row db.ListCartLinesRow) (line api.CartLine, total int64, err error) {
	total, _ = c.settings.Currency.Times(row.UnitMinor, int64(row.Quantity))
	line = api.CartLine{
		ProductID:      row.ProductID,
		VariantID:      row.VariantID,
		Name:           row.Name,
		Sku:            row.SKU,
		Quantity:       row.Quantity,
		UnitPrice:      c.settings.Currency.Format(row.UnitMinor),
		LineTotal:      c.settings.Currency.Format(total),
		Stock:          int64(row.Stock),
		TrackInventory: row.TrackInventory,
		Available:      !row.IsGone && row.IsActive && !isShort(row),
	}
	if err := json.Unmarshal(row.Options, &line.Options); err != nil {
		return line, 0, fmt.Errorf("options of variant %d: %w", row.VariantID, err)
	}
	line.ImageURL, err = media.Smallest(c.settings.MediaPrefix, row.ImageSizes)
	return line, total, err
}

// isShort reports whether a line has more units than there are in stock.
func isShort(row db.ListCartLinesRow) bool { return row.TrackInventory && row.Quantity > row.Stock }

// problems returns what is wrong with a line. If it cannot be bought at all, that is the only
// problem.
func (c *Carts) problems(row db.ListCartLinesRow) []api.CartProblem {
	var found []api.CartProblem
	add := func(code api.CartProblemCode, format string, args ...any) {
		found = append(found, api.CartProblem{
			Code:       code,
			ProductID:  row.ProductID,
			VariantID:  row.VariantID,
			Message:    fmt.Sprintf(format, args...),
			Resolution: api.ResolutionChooseAgain,
		})
	}
	switch {
	case row.IsGone:
		add(api.CartProblemCodeGone, "It is not sold any more.")
		return found
	case !row.IsActive:
		add(api.CartProblemCodeInactive, "It is not sold at the moment.")
		return found
	case isShort(row) && row.Stock == 0:
		add(api.CartProblemCodeShort, "It is sold out.")
	case isShort(row):
		add(api.CartProblemCodeShort, "Only %d are left.", row.Stock)
	}
	if row.UnitMinor != row.ShownMinor {
		format := c.settings.Currency.Format
		add(
			api.CartProblemCodePriceChanged, "It costs %s now, and %s when you chose it.",
			format(row.UnitMinor), format(row.ShownMinor),
		)
	}
	return found
}
