package orders

import (
	"context"
	"encoding/json"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// Snapshot is what an event tells of an order, in the words of the contract: the order as it was,
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

// snapshot is the JSON of a Snapshot. What only the statement that writes the event knows, that
// adds: when the order was changed and, of a new one, its id, its customer and when it was made.
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

// rfc3339 has microseconds, as the database does.
const rfc3339 = "2006-01-02T15:04:05.999999Z07:00"

// snapshotOf is the snapshot of a locked order as it is about to be.
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
