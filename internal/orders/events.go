package orders

import (
	"context"
	"encoding/json"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// Snapshot is the data of an event of an order: the order as it then was, in the contract's words,
// without its history and payments.
type Snapshot struct {
	ID              int64             `json:"id"`
	Number          string            `json:"number"`
	Status          api.OrderStatus   `json:"status"`
	Customer        api.OrderCustomer `json:"customer"`
	Items           []api.OrderItem   `json:"items"`
	TotalQuantity   int64             `json:"total_quantity"`
	Total           string            `json:"total"`
	Currency        api.Currency      `json:"currency"`
	ShippingAddress *api.OrderAddress `json:"shipping_address"`
	BillingAddress  *api.OrderAddress `json:"billing_address"`
	Note            *string           `json:"note"`
	Shipment        *api.Shipment     `json:"shipment"`
	CreatedAt       string            `json:"created_at"`
	UpdatedAt       string            `json:"updated_at"`
}

// snapshot returns the JSON of a Snapshot. The statement that writes the event adds what only it
// knows: updated_at and, for a new order, id, customer and created_at.
func (o *Orders) snapshot(s stored) ([]byte, error) {
	b, err := o.body(s)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Snapshot{
		ID:              b.ID,
		Number:          b.Number,
		Status:          b.Status,
		Customer:        s.customer,
		Items:           b.Items,
		TotalQuantity:   b.TotalQuantity,
		Total:           b.Total,
		Currency:        b.Currency,
		ShippingAddress: b.ShippingAddress,
		BillingAddress:  b.BillingAddress,
		Note:            b.Note,
		Shipment:        b.Shipment,
		CreatedAt:       b.CreatedAt.Format(rfc3339),
		UpdatedAt:       b.UpdatedAt.Format(rfc3339),
	})
}

// rfc3339 writes times with microseconds, the precision of the database.
const rfc3339 = "2006-01-02T15:04:05.999999Z07:00"

// snapshotOf returns the snapshot of a locked order with the status it is about to get.
func (o *Orders) snapshotOf(
	ctx context.Context, q *db.Queries, id int64, status string,
) ([]byte, error) {
	s, err := read(ctx, q, id, nil)
	if err != nil {
		return nil, err
	}
	s.order.Status = status
	return o.snapshot(s)
}
