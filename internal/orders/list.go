package orders

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListOrders returns a page of the caller's orders, newest first.
func (o *Orders) ListOrders(
	ctx context.Context, r api.ListOrdersRequestObject,
) (api.ListOrdersResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListOrdersParams{
		UserID:     request.From(ctx).Principal.UserID,
		Status:     (*string)(p.Status),
		BeforeID:   asked.Key(0),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	rows, err := o.planned.ListOrders(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListOrders200JSONResponse{
		Items:  make([]api.OrderSummary, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.OrderSummary{
			ID:            row.ID,
			Number:        row.Number,
			Status:        api.OrderStatus(row.Status),
			TotalItems:    row.Lines,
			TotalQuantity: row.Units,
			Total:         o.settings.Currency.Format(row.TotalMinor),
			Currency:      api.Currency(o.settings.Currency),
			PayUntil:      payUntil(row.Status, row.ExpiresAt),
			CreatedAt:     row.CreatedAt.UTC(),
			UpdatedAt:     row.UpdatedAt.UTC(),
		})
	}
	if !asked.HasCursor() {
		total, err := o.planned.CountOrders(ctx, params.UserID, params.Status)
		if err != nil {
			return nil, err
		}
		body.Total = &total
	}
	body.NextCursor = page.Next(asked, rows, func(row db.ListOrdersRow) page.Keys {
		return page.Keys{row.ID}
	})
	return body, nil
}

// AdminListOrders returns a page of all orders, newest first.
func (o *Orders) AdminListOrders(
	ctx context.Context, r api.AdminListOrdersRequestObject,
) (api.AdminListOrdersResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.AdminListOrdersParams{
		Status:     (*string)(p.Status),
		FromTime:   p.From,
		ToTime:     p.To,
		BeforeID:   asked.Key(0),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Q != nil {
		if number, ok := readNumber(*p.Q); ok {
			params.Number = &number
		} else {
			params.Mail = p.Q
		}
	}
	rows, err := o.planned.AdminListOrders(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.AdminListOrders200JSONResponse{
		Items:  make([]api.AdminOrderSummary, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.AdminOrderSummary{
			ID:            row.ID,
			Number:        row.Number,
			Status:        api.OrderStatus(row.Status),
			TotalItems:    row.Lines,
			TotalQuantity: row.Units,
			Customer: api.OrderCustomer{
				ID:        row.UserID,
				Email:     row.Email,
				FirstName: row.FirstName,
				LastName:  row.LastName,
			},
			Total:     o.settings.Currency.Format(row.TotalMinor),
			Currency:  api.Currency(o.settings.Currency),
			PayUntil:  payUntil(row.Status, row.ExpiresAt),
			CreatedAt: row.CreatedAt.UTC(),
			UpdatedAt: row.UpdatedAt.UTC(),
		})
	}
	body.NextCursor = page.Next(asked, rows, func(row db.AdminListOrdersRow) page.Keys {
		return page.Keys{row.ID}
	})
	return body, nil
}
