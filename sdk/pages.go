package sdk

import (
	"context"
	"iter"

	"github.com/oapi-codegen/nullable"

	"github.com/shopd/shopd/gen/client"
)

// pageSize of lists that are walked, unless the caller asks for another.
const pageSize = 100

// ByCursor ranges over a list that answers a next_cursor, fetching pages as they are needed. The
// first page is asked for with nil. An error ends the list.
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

// ByOffset ranges over a list that answers how many items it has, fetching pages as they are
// needed. An error ends the list.
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

// limit is the caller's or ours.
func limit(wanted *client.Limit) *client.Limit {
	if wanted != nil {
		return wanted
	}
	return new(client.Limit(pageSize))
}

// Products ranges over the products of the shop.
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

// Hits ranges over what a search finds, best first.
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

// Categories ranges over the categories.
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

// Brands ranges over the brands.
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

// Reviews ranges over what buyers think of a product.
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

// Orders ranges over the orders of the account that is logged in, newest first.
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

// Payments ranges over the payments of the account that is logged in, newest first.
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

// AllOrders ranges over the orders of everybody, newest first. It is for the staff.
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
