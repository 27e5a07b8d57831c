package orders

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/details"
)

// storedLine is a line of an order, in the JSON of the query GetOrder.
type storedLine struct {
	ProductID  int64           `json:"product_id"`
	VariantID  int64           `json:"variant_id"`
	Name       string          `json:"name"`
	SKU        string          `json:"sku"`
	Options    json.RawMessage `json:"options"`
	Quantity   int32           `json:"quantity"`
	UnitMinor  int64           `json:"unit_minor"`
	TotalMinor int64           `json:"total_minor"`
}

// storedChange is an entry of an order's history, in the JSON of the query GetOrder.
type storedChange struct {
	From    *string   `json:"from"`
	To      string    `json:"to"`
	At      time.Time `json:"at"`
	ActorID *int64    `json:"actor_id"`
	Note    string    `json:"note"`
}

// stored is an order with all there is to show.
type stored struct {
	order    db.Order
	customer api.OrderCustomer
	lines    []storedLine
	history  []storedChange
	payments []details.Payment
	shipment *api.Shipment
}

// body returns an order as its customer sees it.
func (o *Orders) body(s stored) (api.Order, error) {
	format := o.settings.Currency.Format
	body := api.Order{
		ID:              s.order.ID,
		Number:          s.order.Number,
		Status:          api.OrderStatus(s.order.Status),
		Total:           format(s.order.TotalMinor),
		Currency:        api.Currency(o.settings.Currency),
		Note:            s.order.Note,
		PaymentMethodID: s.order.PaymentMethodID,
		PayUntil:        payUntil(s.order.Status, s.order.ExpiresAt),
		Shipment:        s.shipment,
		CreatedAt:       s.order.CreatedAt.UTC(),
		UpdatedAt:       s.order.UpdatedAt.UTC(),
		Items:           make([]api.OrderItem, 0, len(s.lines)),
		History:         make([]api.OrderChange, 0, len(s.history)),
		Payments:        make([]api.Payment, 0, len(s.payments)),
	}
	for _, l := range s.lines {
		item := api.OrderItem{
			ProductID: l.ProductID,
			VariantID: l.VariantID,
			Name:      l.Name,
			Sku:       l.SKU,
			Quantity:  l.Quantity,
			UnitPrice: format(l.UnitMinor),
			LineTotal: format(l.TotalMinor),
		}
		if err := json.Unmarshal(l.Options, &item.Options); err != nil {
			return body, fmt.Errorf("options of order %d: %w", s.order.ID, err)
		}
		body.Items = append(body.Items, item)
		body.TotalQuantity += int64(l.Quantity)
	}
	for _, h := range s.history {
		change := api.OrderChange{
			From: h.From,
			To:   api.OrderStatus(h.To),
			At:   h.At.UTC(),
			Note: h.Note,
		}
		if h.ActorID != nil && *h.ActorID == s.order.UserID { // staff stays anonymous
			change.ActorID = h.ActorID
		}
		body.History = append(body.History, change)
	}
	for _, p := range s.payments {
		body.Payments = append(body.Payments, p.Body())
	}
	var err error
	if body.ShippingAddress, err = address(s.order.ShippingAddress); err != nil {
		return body, err
	}
	body.BillingAddress, err = address(s.order.BillingAddress)
	return body, err
}

// adminBody returns an order as staff sees it.
func (o *Orders) adminBody(s stored) (api.AdminOrder, error) {
	b, err := o.body(s)
	for i, h := range s.history {
		b.History[i].ActorID = h.ActorID
	}
	payments := make([]api.AdminPayment, 0, len(s.payments))
	for _, p := range s.payments {
		payments = append(payments, p.AdminBody())
	}
	return api.AdminOrder{
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
		PayUntil:        b.PayUntil,
		Payments:        payments,
		Shipment:        b.Shipment,
		History:         b.History,
		CreatedAt:       b.CreatedAt,
		UpdatedAt:       b.UpdatedAt,
	}, err
}

// address decodes the copy of an address that an order stores; nil without one.
func address(stored []byte) (*api.OrderAddress, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	var read api.OrderAddress
	err := json.Unmarshal(stored, &read)
	return &read, err
}

// payUntil returns when a pending order is cancelled unless it is paid; nil for other orders.
func payUntil(status string, at time.Time) *time.Time {
	if status != Pending {
		return nil
	}
	return new(at.UTC())
}
