package sdk

import (
	"context"
	"iter"

	"github.com/oapi-codegen/nullable"

	"github.com/shopd/shopd/gen/client"
)

// pageSize is the size of pages that are fetched, unless the caller gives another.
const pageSize = 100

// ByCursor returns an iterator over a list whose pages have a next_cursor. It fetches pages as they
// are needed, the first with a nil cursor. An error ends the iteration.
func ByCursor[T any](
	fetch func(cursor *client.Cursor) (items []T, next nullable.Nullable[string], err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *client.Cursor
		for {
			items, next, err := fetch(cursor)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			following, err := next.Get()
			if err != nil || following == "" {
				return
			}
			cursor = &following
		}
	}
}

// ByOffset returns an iterator over a list whose pages have the total number of items. It fetches
// pages as they are needed. An error ends the iteration.
func ByOffset[T any](
	fetch func(offset client.Offset) (items []T, total int64, err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for offset := client.Offset(0); ; {
			items, total, err := fetch(offset)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			offset += client.Offset(len(items)) //nolint:gosec // a page has at most 100 items
			if len(items) == 0 || int64(offset) >= total {
				return
			}
		}
	}
}

// limit returns the wanted limit, or pageSize.
func limit(wanted *client.Limit) *client.Limit {
	if wanted != nil {
		return wanted
	}
	return new(client.Limit(pageSize))
}

// Products returns an iterator over the products of the shop.
func (s *Shop) Products(
	ctx context.Context, params client.ListProductsParams,
) iter.Seq2[client.ProductSummary, error] {
	params.Limit = limit(params.Limit)
	return ByCursor(
		func(cursor *client.Cursor) ([]client.ProductSummary, nullable.Nullable[string], error) {
			params.Cursor = cursor
			response, err := s.ListProductsWithResponse(ctx, &params)
			if err != nil {
				return nil, nil, err
			}
			return response.JSON200.Items, response.JSON200.NextCursor, nil
		},
	)
}

// Hits returns an iterator over the results of a search, the best first.
func (s *Shop) Hits(
	ctx context.Context, params client.SearchProductsParams,
) iter.Seq2[client.SearchHit, error] {
	params.Limit = limit(params.Limit)
	return ByOffset(func(offset client.Offset) ([]client.SearchHit, int64, error) {
		params.Offset = &offset
		response, err := s.SearchProductsWithResponse(ctx, &params)
		if err != nil {
			return nil, 0, err
		}
		return response.JSON200.Items, response.JSON200.Total, nil
	})
}

// Categories returns an iterator over the categories.
func (s *Shop) Categories(
	ctx context.Context, params client.ListCategoriesParams,
) iter.Seq2[client.Category, error] {
	params.Limit = limit(params.Limit)
	return ByOffset(func(offset client.Offset) ([]client.Category, int64, error) {
		params.Offset = &offset
		response, err := s.ListCategoriesWithResponse(ctx, &params)
		if err != nil {
			return nil, 0, err
		}
		return response.JSON200.Items, response.JSON200.Total, nil
	})
}

// Brands returns an iterator over the brands.
func (s *Shop) Brands(
	ctx context.Context, params client.ListBrandsParams,
) iter.Seq2[client.Brand, error] {
	params.Limit = limit(params.Limit)
	return ByOffset(func(offset client.Offset) ([]client.Brand, int64, error) {
		params.Offset = &offset
		response, err := s.ListBrandsWithResponse(ctx, &params)
		if err != nil {
			return nil, 0, err
		}
		return response.JSON200.Items, response.JSON200.Total, nil
	})
}

// Reviews returns an iterator over the reviews of a product.
func (s *Shop) Reviews(
	ctx context.Context, product client.ID, params client.ListProductReviewsParams,
) iter.Seq2[client.Review, error] {
	params.Limit = limit(params.Limit)
	return ByCursor(
		func(cursor *client.Cursor) ([]client.Review, nullable.Nullable[string], error) {
			params.Cursor = cursor
			response, err := s.ListProductReviewsWithResponse(ctx, product, &params)
			if err != nil {
				return nil, nil, err
			}
			return response.JSON200.Items, response.JSON200.NextCursor, nil
		},
	)
}

// Orders returns an iterator over the orders of the account that is logged in, newest first.
func (s *Shop) Orders(
	ctx context.Context, params client.ListOrdersParams,
) iter.Seq2[client.OrderSummary, error] {
	params.Limit = limit(params.Limit)
	return ByCursor(
		func(cursor *client.Cursor) ([]client.OrderSummary, nullable.Nullable[string], error) {
			params.Cursor = cursor
			response, err := s.ListOrdersWithResponse(ctx, &params)
			if err != nil {
				return nil, nil, err
			}
			return response.JSON200.Items, response.JSON200.NextCursor, nil
		},
	)
}

// Payments returns an iterator over the payments of the account that is logged in, newest first.
func (s *Shop) Payments(
	ctx context.Context, params client.ListPaymentsParams,
) iter.Seq2[client.Payment, error] {
	params.Limit = limit(params.Limit)
	return ByCursor(
		func(cursor *client.Cursor) ([]client.Payment, nullable.Nullable[string], error) {
			params.Cursor = cursor
			response, err := s.ListPaymentsWithResponse(ctx, &params)
			if err != nil {
				return nil, nil, err
			}
			return response.JSON200.Items, response.JSON200.NextCursor, nil
		},
	)
}

// AllOrders returns an iterator over the orders of all customers, newest first. It is for staff.
func (s *Shop) AllOrders(
	ctx context.Context, params client.AdminListOrdersParams,
) iter.Seq2[client.AdminOrderSummary, error] {
	params.Limit = limit(params.Limit)
	return ByCursor(
		func(cursor *client.Cursor) ([]client.AdminOrderSummary, nullable.Nullable[string], error) {
			params.Cursor = cursor
			response, err := s.AdminListOrdersWithResponse(ctx, &params)
			if err != nil {
				return nil, nil, err
			}
			return response.JSON200.Items, response.JSON200.NextCursor, nil
		},
	)
}
