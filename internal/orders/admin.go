package orders

import (
	"context"

	"github.com/cespare/xxhash/v2"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// AdminListOrders answers a page of all orders, newest first.
func (o *Orders) AdminListOrders(
	ctx context.Context, r api.AdminListOrdersRequestObject,
) (api.AdminListOrdersResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.AdminListOrdersParams{
		Status:     (*string)(p.Status),
		FromTime:   p.From,
		ToTime:     p.To,
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
	before, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
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
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return body, nil
}

// AdminGetOrder answers one order.
func (o *Orders) AdminGetOrder(
	ctx context.Context, r api.AdminGetOrderRequestObject,
) (api.AdminGetOrderResponseObject, error) {
	body, tag, err := o.show(ctx, r.ID)
	return api.AdminGetOrder200JSONResponse{
		Body:    body,
		Headers: api.AdminGetOrder200ResponseHeaders{ETag: tag},
	}, err
}

// SetOrderStatus moves an order on.
func (o *Orders) SetOrderStatus(
	ctx context.Context, r api.SetOrderStatusRequestObject,
) (api.SetOrderStatusResponseObject, error) {
	actor := request.From(ctx).Principal.UserID
	err := o.change(ctx, r.ID, nil, func(s step, order db.Order) error {
		if err := version.Check(r.Params.IfMatch, order.Version); err != nil {
			return err
		}
		s.actor = &actor
		if r.Body.Note != nil {
			s.note = *r.Body.Note
		}
		return o.move(ctx, s, order, string(r.Body.Status), staff)
	})
	if err != nil {
		return nil, err
	}
	body, tag, err := o.show(ctx, r.ID)
	return api.SetOrderStatus200JSONResponse{
		Body:    body,
		Headers: api.SetOrderStatus200ResponseHeaders{ETag: tag},
	}, err
}

// SetShipment says how an order travels.
func (o *Orders) SetShipment(
	ctx context.Context, r api.SetShipmentRequestObject,
) (api.SetShipmentResponseObject, error) {
	if err := o.setShipment(ctx, r.ID, r.Params.IfMatch, *r.Body); err != nil {
		return nil, err
	}
	body, tag, err := o.show(ctx, r.ID)
	return api.SetShipment200JSONResponse{
		Body:    body,
		Headers: api.SetShipment200ResponseHeaders{ETag: tag},
	}, err
}

// show answers an order and its tag, as the shop sees it.
func (o *Orders) show(ctx context.Context, id int64) (api.AdminOrder, *string, error) {
	found, err := o.read(ctx, id, nil)
	if err != nil {
		return api.AdminOrder{}, nil, err
	}
	body, err := o.adminBody(found)
	who := xxhash.Sum64String(
		body.Customer.Email + " " + body.Customer.FirstName + " " + body.Customer.LastName,
	)
	return body, new(version.Tag(found.order.Version, int64(who>>1))), err
}
