package orders

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// GetShipment returns how one of the caller's orders is shipped.
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

// SetShipment sets how an order is shipped.
func (o *Orders) SetShipment(
	ctx context.Context, r api.SetShipmentRequestObject,
) (api.SetShipmentResponseObject, error) {
	if err := o.setShipment(ctx, r.ID, r.Params.IfMatch, *r.Body); err != nil {
		return nil, err
	}
	body, tag, err := o.adminOrder(ctx, r.ID)
	return api.SetShipment200JSONResponse{
		Body:    body,
		Headers: api.SetShipment200ResponseHeaders{ETag: tag},
	}, err
}

// setShipment stores the shipment of an order. It adds an event to the shipment if the input has
// one or the status changes.
func (o *Orders) setShipment(
	ctx context.Context, id int64, ifMatch *string, b api.ShipmentInput,
) error {
	return postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
		order, err := q.LockOrder(ctx, id, nil)
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		if err := version.Check(ifMatch, order.Version); err != nil {
			return err
		}
		if order.Status == Pending || order.Status == Cancelled {
			return ErrNotShippable
		}
		before, err := q.GetShipmentStatus(ctx, id)
		if err := postgres.NotFound(err, nil); err != nil {
			return err
		}
		now := before
		if b.Status != nil {
			now = string(*b.Status)
		} else if before == "" {
			now = string(api.ShipmentStatusPreparing)
		}
		if err := q.SetShipment(ctx, db.SetShipmentParams{
			OrderID:        id,
			Status:         now,
			Carrier:        b.Carrier,
			TrackingNumber: b.TrackingNumber,
			TrackingURL:    b.TrackingURL,
		}); err != nil || (now == before && b.Event == nil) {
			return err
		}
		event := db.AddShipmentEventParams{OrderID: id, Status: now}
		if b.Event != nil {
			event.At, event.Location = b.Event.At, b.Event.Location
			if b.Event.Description != nil {
				event.Description = *b.Event.Description
			}
		}
		return q.AddShipmentEvent(ctx, event)
	})
}
