package orders

import (
	"context"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
)

// The statuses of an order.
const (
	Pending   = "PENDING"
	Paid      = "PAID"
	Shipped   = "SHIPPED"
	Delivered = "DELIVERED"
	Cancelled = "CANCELLED"
)

// mover is who gives an order another status.
type mover int

const (
	customer mover = 1 << iota
	staff
	payment // the provider took the money
	refund  // the provider refunded the money
	expiry  // the order was not paid in time
)

// Transition is a change of status that an order may make.
type Transition struct {
	From, To string
	by       mover
	event    string
}

// transitions are all changes of status there are.
var transitions = []Transition{
	{Pending, Paid, staff | payment, events.OrderPaid},
	{Pending, Cancelled, customer | staff | expiry, events.OrderCancelled},
	{Paid, Shipped, staff, events.OrderShipped},
	{Paid, Cancelled, refund, events.OrderCancelled},
	{Shipped, Delivered, staff, events.OrderDelivered},
}

// Transitions returns all changes of status that an order may make.
func Transitions() []Transition { return transitions }

// step is a transaction in which orders change their status.
type step struct {
	q     *db.Queries
	actor *int64 // nil: the system
	note  string
}

// move gives a locked order another status, or returns ErrTransition if the table does not allow
// it. A cancelled order releases its stock, which locks levels: move should be the last thing in
// its transaction.
func (o *Orders) move(ctx context.Context, s step, order db.Order, to string, by mover) error {
	for _, t := range transitions {
		if t.From != order.Status || t.To != to || t.by&by == 0 {
			continue
		}
		if err := o.mayMove(ctx, s, order, to, by); err != nil {
			return err
		}
		event, err := o.snapshotOf(ctx, s.q, order.ID, to)
		if err != nil {
			return err
		}
		if err := s.q.SetOrderStatus(ctx, db.SetOrderStatusParams{
			ID:         order.ID,
			FromStatus: t.From,
			ToStatus:   t.To,
			ActorID:    s.actor,
			Note:       s.note,
			EventKind:  t.event,
			Event:      event,
		}); err != nil || to != Cancelled {
			return err
		}
		return o.stock.Release(ctx, s.q, []string{Reference(order.ID)}, s.actor)
	}
	return ErrTransition.Detailf("An order that is %s cannot become %s this way.", order.Status, to)
}

// mayMove checks what a transition needs besides the table. If staff marks an order as paid, its
// payment is recorded. An order whose cancelling refund is pending does not ship.
func (o *Orders) mayMove(ctx context.Context, s step, order db.Order, to string, by mover) error {
	switch {
	case to == Paid && by == staff && order.TotalMinor > 0:
		return o.payments.PaidByHand(ctx, s.q, order)
	case to == Shipped:
		refunding, err := s.q.HasPendingRefund(ctx, order.ID, true)
		if err == nil && refunding {
			err = ErrRefunding
		}
		return err
	}
	return nil
}

// MarkPaid marks a pending order as paid, in the transaction that records its payment. The order
// must be locked. actor is the customer who paid, or nil if a webhook or job recorded it.
func (o *Orders) MarkPaid(
	ctx context.Context, q *db.Queries, order db.Order, actor *int64, note string,
) error {
	return o.move(ctx, step{q, actor, note}, order, Paid, payment)
}
