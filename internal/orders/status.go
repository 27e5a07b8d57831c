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

// mover is who moves an order along.
type mover int

const (
	customer mover = 1 << iota
	staff
	payment // the money came
	refund  // the money went back
	expiry  // it was not paid in time
)

// Transition is a step an order may make.
type Transition struct {
	From, To string
	by       mover
	event    string
}

// transitions is the whole way of an order: what is not in it does not happen.
var transitions = []Transition{
	{Pending, Paid, staff | payment, events.OrderPaid},
	{Pending, Cancelled, customer | staff | expiry, events.OrderCancelled},
	{Paid, Shipped, staff, events.OrderShipped},
	{Paid, Cancelled, refund, events.OrderCancelled},
	{Shipped, Delivered, staff, events.OrderDelivered},
}

// Transitions are all steps an order may make.
func Transitions() []Transition { return transitions }

// step is a transaction in which orders move.
type step struct {
	q     *db.Queries
	actor *int64 // nil: the system
	note  string
}

// move gives a locked order another status, if whoever moves it may. A cancelled order gives back
// its stock. It should be the last thing in its transaction.
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
		if err := s.q.MoveOrder(ctx, db.MoveOrderParams{
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

// mayMove is what else a step takes. What staff calls paid was paid beside the shop, and what is
// being refunded to be cancelled does not ship.
func (o *Orders) mayMove(ctx context.Context, s step, order db.Order, to string, by mover) error {
	switch {
	case to == Paid && by == staff && order.TotalMinor > 0:
		return o.settings.PaidByHand(ctx, s.q, order)
	case to == Shipped:
		refunding, err := s.q.HasPendingRefund(ctx, order.ID, true)
		if err == nil && refunding {
			err = ErrRefunding
		}
		return err
	}
	return nil
}

// MarkPaid makes a pending order paid, in the transaction in which its money is noted. The order
// must be locked. actor is who paid, nil when a provider told.
func (o *Orders) MarkPaid(
	ctx context.Context, q *db.Queries, order db.Order, actor *int64, note string,
) error {
	return o.move(ctx, step{q, actor, note}, order, Paid, payment)
}
