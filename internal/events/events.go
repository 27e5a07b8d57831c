// Package events owns what happened in the shop: an event is written in the transaction of its
// cause, so it exists if and only if that was committed, and whoever listens is told of it
// afterwards, at least once and, of one object, in order. What is told are rows: a listener writes
// what is to be done, such as a job or a delivery, in the transaction in which the event is noted
// as told.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
)

// Kinds of events that integrators are told of. Those without a note are written by the SQL of
// their cause.
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

// Kinds of events that stay within the shop.
const (
	WebhookPing     = "webhook.ping" // for one webhook alone
	WebhookDisabled = "webhook.disabled"
)

// Public are the kinds that integrators are told of.
func Public() []string {
	return []string{
		ProductCreated, ProductUpdated, ProductDeleted, StockLow, StockOut, OrderCreated, OrderPaid,
		OrderShipped, OrderDelivered, OrderCancelled, PaymentFailed, PaymentRefunded,
		CustomerRegistered, ImportFinished,
	}
}

// always are the kinds that are written even when no webhook wants them: the shop itself listens.
var always = []string{PaymentRefunded, WebhookDisabled}

// Objects events are about. Events of one object are told in order.
const (
	Product  = "product"
	Order    = "order"
	Payment  = "payment"
	Customer = "customer"
	Import   = "import"
	Webhook  = "webhook"
)

// Event is something that happened to an object. Data is the object as it is afterwards, in the
// words of the contract: it leaves the shop, so it holds no secret.
type Event struct {
	Kind       string
	ObjectType string
	ObjectID   int64
	Data       any
}

// Record writes events, in their order, in the transaction of their cause. The object should be
// locked in it, so that the order of its events is that of its changes. Any number is one
// statement; kinds that nobody listens to are not kept.
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
		params.Kinds, params.ObjectTypes = append(params.Kinds, e.Kind), append(
			params.ObjectTypes, e.ObjectType,
		)
		params.ObjectIds, params.Data = append(params.ObjectIds, e.ObjectID), append(
			params.Data, string(data),
		)
	}
	return q.RecordEvents(ctx, params)
}

// ImportSummary is what is told of an import that ended. ID is the import's.
type ImportSummary struct {
	ID         int64     `json:"id"`
	Status     string    `json:"status"` // completed, failed or cancelled
	Total      int64     `json:"total"`  // rows; 0 when it ended before they were counted
	Created    int64     `json:"created"`
	Updated    int64     `json:"updated"`
	Unchanged  int64     `json:"unchanged"`
	Failed     int64     `json:"failed"`
	FinishedAt time.Time `json:"finished_at"`
}

// RecordImportFinished writes that an import ended, in the transaction in which it did.
func RecordImportFinished(ctx context.Context, q *db.Queries, s ImportSummary) error {
	return Record(ctx, q, Event{ImportFinished, Import, s.ID, s})
}

// Told is an event a listener is told of. Its data is read by whoever acts on it.
type Told = db.TakeUndeliveredEventsRow

// Listener writes what follows from some events, in the transaction in which they are noted as
// told. It calls nobody outside.
type Listener func(ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, events []Told) error
