package payments

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// GiveBack is a job that sees a refund through which nobody waits for.
type GiveBack struct {
	RefundID int64 `json:"refund_id"`
}

// Kind implements river.JobArgs.
func (GiveBack) Kind() string { return "payments.give_back" }

// back is money that somebody wants to be given back.
type back struct {
	order  int64
	user   *int64 // whose order it must be; nil: anybody's
	actor  *int64
	amount *int64 // minor units; nil: all that is left
	reason string
	cancel bool // the order is cancelled once the money is back
	key    []byte
	// cancelled, which may be nil, adds to the transaction in which an order is cancelled at once
	// as no money is left to be given back; without a payment it cost nothing.
	cancelled func(t tx, payment db.Payment) error
}

// Refund gives back all that is left of what an account paid for an order, and then cancels it;
// false while the money is on its way.
func (p *Payments) Refund(ctx context.Context, order, user int64) (bool, error) {
	ctx, cancel := p.detached(ctx)
	defer cancel()
	refund, err := p.beginRefund(
		ctx,
		back{
			order:  order,
			user:   &user,
			actor:  &user,
			reason: "The customer cancelled the order.",
			cancel: true,
		},
	)
	if err != nil || refund == nil {
		return err == nil, err
	}
	result, err := p.ask(ctx, *refund, true)
	if err != nil {
		return false, err
	}
	settled, err := p.note(ctx, refund.ID, result, nil)
	if err == nil && settled.Status == failed {
		err = ErrRefundFailed
	}
	return settled.Status == done, err
}

// beginRefund commits that money is about to be given back; nil when none is left and the order was
// cancelled at once.
func (p *Payments) beginRefund(ctx context.Context, b back) (begun *db.Refund, err error) {
	restocked := false
	err = p.inTx(ctx, b.actor, func(t tx) error {
		begun, restocked = nil, false
		order, err := t.q.LockOrder(ctx, b.order, b.user)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return orders.ErrNotFound
		case err != nil:
			return err
		case b.cancel && order.Status != orders.Paid:
			return ErrNotCancellable
		}
		if moving, err := t.q.HasPendingRefund(ctx, order.ID, !b.cancel); err != nil || moving {
			return errors.Join(err, onlyIf(moving, orders.ErrRefunding))
		}
		payment, err := t.q.GetLivePayment(ctx, order.ID)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		left := int64(0)
		if payment.Status == paid {
			left = payment.AmountMinor - payment.RefundedMinor
		}
		if left == 0 && b.cancel {
			restocked = true
			if err := p.orders.CancelRefunded(ctx, t.q, order, b.actor, ""); err != nil ||
				b.cancelled == nil {
				return err
			}
			return b.cancelled(t, payment)
		}
		amount := left
		if b.amount != nil {
			amount = *b.amount
		}
		switch {
		case left == 0:
			return ErrNothingToRefund
		case amount > left:
			return ErrTooLarge.Detailf(
				"%s of the payment are left to be given back.", amountOf(payment, left),
			)
		case b.cancel && amount != left:
			return ErrNotCancellable
		}
		refund, err := t.reserve(ctx, payment, db.CreateRefundParams{
			AmountMinor:  amount,
			RequestKey:   b.key,
			Reason:       b.reason,
			ActorID:      b.actor,
			CancelsOrder: b.cancel,
		})
		begun = &refund
		return err
	})
	if err == nil && restocked {
		p.orders.Restocked(ctx)
	}
	return begun, err
}

// reserve sets money of a locked payment aside and writes its refund.
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

// ask asks the provider for a refund, outside any transaction. An error means that surely nothing
// happened, which is noted; that can only be said the first time. What nobody knows is a refund
// that is pending.
func (p *Payments) ask(
	ctx context.Context, refund db.Refund, first bool,
) (provider.RefundResult, error) {
	payment, err := p.queries.GetPayment(ctx, refund.PaymentID)
	if err != nil {
		return provider.RefundResult{}, err
	}
	if payment.Provider == manual { // somebody hands it over
		return provider.RefundResult{Status: provider.RefundDone}, nil
	}
	result, err := p.askProvider(ctx, refund, payment)
	switch {
	case err == nil:
		return result, nil
	case errors.Is(err, provider.ErrRefused), errors.Is(err, provider.ErrAmount):
		p.settings.Log.ErrorContext(
			ctx, "refund refused", "refund", refund.ID, "payment", payment.ID, "order",
			payment.OrderID, "error", err.Error(),
		)
		return provider.RefundResult{Status: provider.RefundFailed}, nil
	case errors.Is(err, provider.ErrOutcomeUnknown), !first:
		p.settings.Log.WarnContext(
			ctx, "refund outcome unknown", "refund", refund.ID, "payment", payment.ID, "order",
			payment.OrderID, "error", err.Error(),
		)
		return provider.RefundResult{Status: provider.RefundPending}, nil
	}
	if _, failure := p.note(
		ctx, refund.ID, provider.RefundResult{Status: provider.RefundFailed}, nil,
	); failure != nil {
		return result, failure
	}
	if errors.Is(err, ErrUnavailable) {
		return result, err
	}
	return result, ErrUnavailable.Because(err)
}

func (p *Payments) askProvider(
	ctx context.Context, refund db.Refund, payment db.Payment,
) (provider.RefundResult, error) {
	ctx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	with, err := p.usable(payment.Provider)
	if err != nil {
		return provider.RefundResult{}, err
	}
	return with.Refund(ctx, provider.RefundRequest{
		IdempotencyKey:    refund.Key,
		ProviderPaymentID: deref(payment.ProviderPaymentID),
		AmountMinor:       refund.AmountMinor,
		Currency:          money.Currency(payment.Currency),
		Reason:            refund.Reason,
	})
}

// note notes what became of a refund in a transaction of its own, with what keep, which may be nil,
// adds to it.
func (p *Payments) note(
	ctx context.Context, id int64, result provider.RefundResult, keep func(tx, db.Refund) error,
) (settled db.Refund, err error) {
	restocked := false
	err = p.inTx(ctx, nil, func(t tx) (err error) {
		if settled, restocked, err = p.settleRefund(ctx, t, id, result); err != nil || keep == nil {
			return err
		}
		return keep(t, settled)
	})
	if err == nil && restocked {
		p.orders.Restocked(ctx)
	}
	return settled, err
}

// settleRefund notes what became of a refund, and what follows from it for the order. It may be
// told the same thing, or an older one, any number of times: a refund that failed stays so, even
// after it seemed done.
func (p *Payments) settleRefund(
	ctx context.Context, t tx, id int64, result provider.RefundResult,
) (refund db.Refund, restocked bool, err error) {
	if refund, err = t.q.GetRefund(ctx, id); err != nil {
		return refund, false, err
	}
	payment, order, err := t.lock(ctx, refund.PaymentID)
	if err != nil {
		return refund, false, err
	}
	if refund, err = t.q.LockRefund(ctx, id); err != nil {
		return refund, false, err
	}
	switch {
	case result.Status == provider.RefundDone && refund.Status == pending:
		restocked, err = p.refundDone(ctx, t, refund, payment, order, result)
	case result.Status == provider.RefundFailed && refund.Status != failed:
		err = p.refundFailed(ctx, t, refund, payment, result)
	case result.Status == provider.RefundPending && refund.Status == pending && result.ProviderRefundID != "":
		err = t.q.NameRefund(ctx, result.ProviderRefundID, id)
	default: // nothing new
		return refund, false, nil
	}
	if err != nil {
		return refund, false, err
	}
	refund, err = t.q.GetRefund(ctx, id)
	return refund, restocked, err
}

func (p *Payments) refundDone(
	ctx context.Context, t tx, refund db.Refund, payment db.Payment, order db.Order,
	result provider.RefundResult,
) (restocked bool, err error) {
	if err := t.q.SettleRefund(ctx, done, orNil(result.ProviderRefundID), refund.ID); err != nil {
		return false, err
	}
	if _, err := t.q.CompleteRefunds(ctx, payment.ID); err != nil {
		return false, err
	}
	if err := t.tellRefunded(ctx, payment.ID, refund.ID); err != nil {
		return false, err
	}
	note := amountOf(payment, refund.AmountMinor) + " was given back."
	if refund.CancelsOrder && order.Status == orders.Paid {
		return true, p.orders.CancelRefunded(ctx, t.q, order, refund.ActorID, note)
	}
	return false, orders.Note(ctx, t.q, order.ID, refund.ActorID, note)
}

func (p *Payments) refundFailed(
	ctx context.Context, t tx, refund db.Refund, payment db.Payment, result provider.RefundResult,
) error {
	if err := t.q.SettleRefund(ctx, failed, orNil(result.ProviderRefundID), refund.ID); err != nil {
		return err
	}
	if err := t.q.ReturnRefund(ctx, refund.AmountMinor, payment.ID); err != nil {
		return err
	}
	return orders.Note(
		ctx, t.q, payment.OrderID, nil,
		"Giving back "+amountOf(payment, refund.AmountMinor)+" failed.",
	)
}

func onlyIf(condition bool, err error) error {
	if condition {
		return err
	}
	return nil
}
