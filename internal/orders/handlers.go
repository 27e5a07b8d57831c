package orders

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// ListOrders answers a page of the caller's orders, newest first.
func (o *Orders) ListOrders(
	ctx context.Context, r api.ListOrdersRequestObject,
) (api.ListOrdersResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListOrdersParams{
		UserID:     request.From(ctx).Principal.UserID,
		Status:     (*string)(p.Status),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	before, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
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
	if before == nil {
		total, err := o.planned.CountOrders(ctx, params.UserID, params.Status)
		if err != nil {
			return nil, err
		}
		body.Total = &total
	}
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return body, nil
}

// GetOrder answers one of the caller's orders.
func (o *Orders) GetOrder(
	ctx context.Context, r api.GetOrderRequestObject,
) (api.GetOrderResponseObject, error) {
	found, err := o.read(ctx, r.ID, &request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	body, err := o.body(found)
	return api.GetOrder200JSONResponse{
		Body:    body,
		Headers: api.GetOrder200ResponseHeaders{ETag: new(version.Tag(found.order.Version))},
	}, err
}

// GetShipment answers how one of the caller's orders travels.
func (o *Orders) GetShipment(
	ctx context.Context, r api.GetShipmentRequestObject,
) (api.GetShipmentResponseObject, error) {
	found, err := o.read(ctx, r.ID, &request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	if found.shipment == nil {
		return nil, ErrNoShipment
	}
	return api.GetShipment200JSONResponse{Body: *found.shipment}, nil
}

// CancelOrder cancels one of the caller's orders.
func (o *Orders) CancelOrder(
	ctx context.Context, r api.CancelOrderRequestObject,
) (api.CancelOrderResponseObject, error) {
	user := request.From(ctx).Principal.UserID
	done, err := o.cancel(ctx, r.ID, user)
	if err != nil {
		return nil, err
	}
	found, err := o.read(ctx, r.ID, &user)
	if err != nil {
		return nil, err
	}
	body, err := o.body(found)
	if !done {
		return api.CancelOrder202JSONResponse(body), err
	}
	return api.CancelOrder200JSONResponse(body), err
}
