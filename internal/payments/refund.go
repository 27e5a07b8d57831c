package payments

import (
	"context"
	"net/http"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// VisitRefundOrderResponse implements api.RefundOrderResponseObject.
func (a answer) VisitRefundOrderResponse(w http.ResponseWriter) error { return a.Write(w) }

// refundInput is a refund that staff, or a customer who cancels, asks for.
type refundInput struct {
	order  int64
	user   *int64 // who must own the order; nil: any account
	actor  *int64
	amount *int64 // minor units; nil: all that is left
	reason string
	cancel bool   // cancels the order once the refund is done
	key    []byte // hash of the Idempotency-Key
	// cancelled, if set, runs in the transaction that cancels an order with nothing left to refund.
	// payment is zero if the order was free.
	cancelled func(t tx, payment db.Payment) error
}

// RefundOrder refunds what was paid for an order, or a part of it.
func (p *Payments) RefundOrder(
	ctx context.Context, r api.RefundOrderRequestObject,
) (api.RefundOrderResponseObject, error) {
	if err := refuseCardNumbers(&r.Body.Reason); err != nil {
		return nil, err
	}
	in := refundInput{
		order:  r.ID,
		actor:  request.Actor(ctx),
		reason: r.Body.Reason,
		cancel: r.Body.Cancel != nil && *r.Body.Cancel,
		key:    requestKey(ctx, r.Params.IdempotencyKey),
	}
	if r.Body.Amount != nil {
		minor, err := p.settings.Currency.Parse(*r.Body.Amount)
		if err != nil || minor < 1 {
			return nil, problem.Invalid(problem.Field{
				Pointer: "/amount",
				Message: "is not an amount above zero in " + string(p.settings.Currency),
			})
		}
		in.amount = &minor
	}
	known, err := p.withLease(
		ctx,
		r.Params.IdempotencyKey,
		r.ID,
		*r.Body,
		func(ctx context.Context, lease *idempotency.Lease) (*idempotency.Response, error) {
			return p.refund(ctx, lease, in)
		},
	)
	if err != nil {
		return nil, err
	}
	return answer{*known}, nil
}

// refund begins a refund, sends it to the provider and stores the outcome. If an earlier request
// with the same key began a refund and was cut off, refund continues that one.
func (p *Payments) refund(
	ctx context.Context, lease *idempotency.Lease, in refundInput,
) (*idempotency.Response, error) {
	var refund *db.Refund
	isNew := true
	if lease.Resumed() {
		earlier, err := p.queries.GetRefundOfRequest(ctx, in.order, in.actor, in.key)
		if err := postgres.NotFound(err, nil); err != nil {
			return nil, err
		} else if earlier.ID != 0 && earlier.Status != failed {
			refund, isNew = &earlier, false
		}
	}
	var stored idempotency.Response
	if isNew {
		in.cancelled = func(t tx, payment db.Payment) (err error) {
			stored, err = p.storeCancellation(ctx, t.q, lease, payment)
			return err
		}
		var err error
		if refund, err = p.beginRefund(ctx, in); err != nil || refund == nil {
			return &stored, err
		}
	}
	result := provider.RefundResult{Status: provider.RefundPending}
	if refund.Status == pending {
		var err error
		if result, err = p.sendRefund(ctx, *refund, isNew); err != nil {
			return nil, err
		}
	}
	store := func(t tx, settled db.Refund) (err error) {
		if settled.Status == failed {
			return nil
		}
		stored, err = p.storeRefund(ctx, t.q, lease, settled)
		return err
	}
	settled, err := p.recordRefund(ctx, *refund, result, store)
	if err == nil && settled.Status == failed {
		err = ErrRefundFailed
	}
	return &stored, orOutcomeUnknown(err)
}

// Refund refunds all that is left of what an account paid for an order, and then cancels the order.
// It returns false while the refund is pending.
func (p *Payments) Refund(ctx context.Context, order, user int64) (bool, error) {
	ctx, cancel := p.detached(ctx)
	defer cancel()
	refund, err := p.beginRefund(ctx, refundInput{
		order:  order,
		user:   &user,
		actor:  &user,
		reason: "The customer cancelled the order.",
		cancel: true,
	})
	if err != nil || refund == nil {
		return err == nil, err
	}
	result, err := p.sendRefund(ctx, *refund, true)
	if err != nil {
		return false, err
	}
	settled, err := p.recordRefund(ctx, *refund, result, nil)
	if err == nil && settled.Status == failed {
		err = ErrRefundFailed
	}
	return settled.Status == done, err
}

// beginRefund commits a pending refund, before it is sent to the provider. It returns nil if
// nothing was left to refund and the order was cancelled at once.
func (p *Payments) beginRefund(
	ctx context.Context, in refundInput,
) (begun *db.Refund, err error) {
	restocked := false
	err = p.inOrderTx(ctx, in.actor, in.order, in.cancel, func(t tx) error {
		begun, restocked = nil, false
		order, err := t.q.LockOrder(ctx, in.order, in.user)
		switch {
		case err != nil:
			return postgres.NotFound(err, orders.ErrNotFound)
		case in.cancel && order.Status != orders.Paid:
			return ErrNotCancellable
		}
		if isPending, err := t.q.HasPendingRefund(ctx, order.ID, !in.cancel); err != nil {
			return err
		} else if isPending {
			return orders.ErrRefunding
		}
		payment, err := t.q.GetLivePayment(ctx, order.ID)
		if err := postgres.NotFound(err, nil); err != nil {
			return err
		}
		left := int64(0)
		if payment.Status == paid {
			left = payment.AmountMinor - payment.RefundedMinor
		}
		if left == 0 && in.cancel {
			restocked = true
			if err := p.orders.CancelRefunded(ctx, t.q, order, in.actor, ""); err != nil ||
				in.cancelled == nil {
				return err
			}
			return in.cancelled(t, payment)
		}
		amount := left
		if in.amount != nil {
			amount = *in.amount
		}
		switch {
		case left == 0:
			return ErrNothingToRefund
		case amount > left:
			return ErrTooLarge.Detailf(
				"%s of the payment are left to be given back.", amountOf(payment, left),
			)
		case in.cancel && amount != left:
			return ErrNotCancellable
		}
		refund, err := t.reserve(ctx, payment, db.CreateRefundParams{
			AmountMinor:  amount,
			RequestKey:   in.key,
			Reason:       in.reason,
			ActorID:      in.actor,
			CancelsOrder: in.cancel,
		})
		begun = &refund
		return err
	})
	if err == nil && restocked {
		p.orders.Restocked(ctx)
	}
	return begun, err
}

// reserve sets the refund's amount of a locked payment aside, so that no other refund takes it, and
// creates the refund. It returns ErrTooLarge if less is left.
func (t tx) reserve(
	ctx context.Context, payment db.Payment, refund db.CreateRefundParams,
) (db.Refund, error) {
	reserved, err := t.q.ReserveRefund(ctx, refund.AmountMinor, payment.ID)
	if err == nil && reserved == 0 {
		err = ErrTooLarge
	}
	if err != nil {
		return db.Refund{}, err
	}
	if err := t.q.TouchOrder(ctx, payment.OrderID); err != nil {
		return db.Refund{}, err
	}
	refund.PaymentID, refund.Key = payment.ID, newKey("refund")
	return t.q.CreateRefund(ctx, refund)
}
