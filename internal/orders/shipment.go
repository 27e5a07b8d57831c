package orders

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/version"
)

// setShipment writes how an order travels, and what happened when that is told or the status is
// another one.
func (o *Orders) setShipment(
	ctx context.Context, id int64, ifMatch *string, b api.ShipmentInput,
) error {
	return postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
		order, err := q.LockOrder(ctx, id, nil)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := version.Check(ifMatch, order.Version); err != nil {
			return err
		}
		if order.Status == Pending || order.Status == Cancelled {
			return ErrNotShippable
		}
		before, err := q.GetShipmentStatus(ctx, id)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
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
