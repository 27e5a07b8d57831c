package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// GetOrder returns one of the caller's orders.
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

// AdminGetOrder returns one order.
func (o *Orders) AdminGetOrder(
	ctx context.Context, r api.AdminGetOrderRequestObject,
) (api.AdminGetOrderResponseObject, error) {
	body, tag, err := o.adminOrder(ctx, r.ID)
	return api.AdminGetOrder200JSONResponse{
		Body:    body,
		Headers: api.AdminGetOrder200ResponseHeaders{ETag: tag},
	}, err
}

// adminOrder returns an order as staff sees it, and its ETag. The tag covers the customer's name
// and address too, which change without the order.
func (o *Orders) adminOrder(ctx context.Context, id int64) (api.AdminOrder, *string, error) {
	found, err := o.read(ctx, id, nil)
	if err != nil {
		return api.AdminOrder{}, nil, err
	}
	body, err := o.adminBody(found)
	customer := xxhash.Sum64String(
		body.Customer.Email + " " + body.Customer.FirstName + " " + body.Customer.LastName,
	)
	return body, new(version.Tag(found.order.Version, int64(customer>>1))), err
}

// read reads an order; only one of this account unless user is nil.
func (o *Orders) read(ctx context.Context, id int64, user *int64) (stored, error) {
	return read(ctx, o.queries, id, user)
}

// read reads an order with all there is to show; only one of this account unless user is nil.
func read(ctx context.Context, q *db.Queries, id int64, user *int64) (stored, error) {
	row, err := q.GetOrder(ctx, id, user)
	if err != nil {
		return stored{}, postgres.NotFound(err, ErrNotFound)
	}
	s := stored{
		order: row.Order,
		customer: api.OrderCustomer{
			ID:        row.Order.UserID,
			Email:     row.Email,
			FirstName: row.FirstName,
			LastName:  row.LastName,
		},
	}
	err = errors.Join(
		json.Unmarshal(row.Lines, &s.lines), json.Unmarshal(row.History, &s.history),
		json.Unmarshal(row.Shipment, &s.shipment), json.Unmarshal(row.Payments, &s.payments),
	)
	if err != nil {
		return stored{}, fmt.Errorf("order %d: %w", id, err)
	}
	return s, nil
}
