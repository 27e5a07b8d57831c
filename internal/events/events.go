// Package events owns the record of what happened in the shop.
//
// An event is a row, written in the transaction of its cause, so it exists if and only if that was
// committed. Afterwards the Dispatcher calls each Listener with it, at least once and, for the
// events of one object, in order. A listener writes rows, such as a job or a webhook delivery, in
// the transaction that marks the event as dispatched.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
)

// Kinds of public events: webhooks can subscribe to them.
const (
	ProductCreated     = "product.created"
	ProductUpdated     = "product.updated"
	ProductDeleted     = "product.deleted"
	StockLow           = "stock.low"
	StockOut           = "stock.out"
	OrderCreated       = "order.created"
	OrderPaid          = "order.paid"
	OrderShipped       = "order.shipped"
	OrderDelivered     = "order.delivered"
	OrderCancelled     = "order.cancelled"
	PaymentFailed      = "payment.failed"
	PaymentRefunded    = "payment.refunded"
	CustomerRegistered = "customer.registered"
	ImportFinished     = "import.finished"
)

// Kinds of internal events.
const (
	WebhookPing     = "webhook.ping" // for one webhook only
	WebhookDisabled = "webhook.disabled"
)

// Public returns the kinds of public events.
func Public() []string {
	return []string{
		ProductCreated, ProductUpdated, ProductDeleted, StockLow, StockOut, OrderCreated, OrderPaid,
		OrderShipped, OrderDelivered, OrderCancelled, PaymentFailed, PaymentRefunded,
		CustomerRegistered, ImportFinished,
	}
}

// always are the kinds that are recorded even if no webhook wants them: notifications need them.
var always = []string{PaymentRefunded, WebhookDisabled}

// Types of the objects events are about. Events of one object are dispatched in order.
const (
	Product  = "product"
	Order    = "order"
	Payment  = "payment"
	Customer = "customer"
	Import   = "import"
	Webhook  = "webhook"
)

// Event is something that happened to an object. Data is the object after the change, with the
// fields of the contract. It is sent to webhooks, so it holds no secret.
type Event struct {
	Kind       string
	ObjectType string
	ObjectID   int64
	Data       any
}

// Record writes events, in their order, in the transaction of their cause. The object should be
// locked in it, so that the order of its events is that of its changes. Any number of events takes
// one statement. Events of kinds without a listener are not stored.
func Record(ctx context.Context, q *db.Queries, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	params := db.RecordEventsParams{Always: always}
	for _, e := range events {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return fmt.Errorf("event %s of %s %d: %w", e.Kind, e.ObjectType, e.ObjectID, err)
		}
		params.Kinds = append(params.Kinds, e.Kind)
		params.ObjectTypes = append(params.ObjectTypes, e.ObjectType)
		params.ObjectIds = append(params.ObjectIds, e.ObjectID)
		params.Data = append(params.Data, string(data))
	}
	return q.RecordEvents(ctx, params)
}

// ImportSummary is the data of the event of an import that ended. ID is the import's.
type ImportSummary struct {
	ID         int64     `json:"id"`
	Status     string    `json:"status"` // completed, failed or cancelled
	Total      int64     `json:"total"`  // rows; 0 if it ended before they were counted
	Created    int64     `json:"created"`
	Updated    int64     `json:"updated"`
	Unchanged  int64     `json:"unchanged"`
	Failed     int64     `json:"failed"`
	FinishedAt time.Time `json:"finished_at"`
}

// RecordImportFinished records that an import ended, in the transaction that ends it.
func RecordImportFinished(ctx context.Context, q *db.Queries, s ImportSummary) error {
	return Record(ctx, q, Event{ImportFinished, Import, s.ID, s})
}

// Ref refers to an event. Jobs and deliveries read its data from the table when they need it.
type Ref = db.TakeUndeliveredEventsRow

// Listener writes what follows from some events, in the transaction that marks them as dispatched.
// It must not call anything outside the database.
type Listener func(
	ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, events []Ref,
) error
