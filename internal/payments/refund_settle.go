package payments

import (
	"context"
	"errors"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/optional"
)

// GiveBack is the job that completes a refund no request is waiting for.
type GiveBack struct {
	RefundID int64 `json:"refund_id"`
}

// Kind implements river.JobArgs.
func (GiveBack) Kind() string { return "payments.give_back" }

// sendRefund sends a refund to the provider, outside any transaction. isFirst tells that it was
// never sent before. If the outcome is unknown, the result is pending. An error means that no money
// moved; the refund is then recorded as failed. That is certain only the first time: later, an
// earlier call may have succeeded.
func (p *Payments) sendRefund(
	ctx context.Context, refund db.Refund, isFirst bool,
) (provider.RefundResult, error) {
	payment, err := p.queries.GetPaymentRow(ctx, refund.PaymentID)
	if err != nil {
		return provider.RefundResult{}, err
	}
	if payment.Provider == manual { // staff hands the money over
		return provider.RefundResult{Status: provider.RefundDone}, nil
	}
	result, err := p.refundAtProvider(ctx, refund, payment)
	switch {
	case err == nil:
		return result, nil
	case errors.Is(err, provider.ErrRefused), errors.Is(err, provider.ErrAmount):
		p.settings.Log.ErrorContext(
			ctx, "refund refused", "refund", refund.ID, "payment", payment.ID, "order",
			payment.OrderID, "error", err.Error(),
		)
		return provider.RefundResult{Status: provider.RefundFailed}, nil
	case errors.Is(err, provider.ErrOutcomeUnknown), !isFirst:
		p.settings.Log.WarnContext(
			ctx, "refund outcome unknown", "refund", refund.ID, "payment", payment.ID, "order",
			payment.OrderID, "error", err.Error(),
		)
		return provider.RefundResult{Status: provider.RefundPending}, nil
	}
	if _, failure := p.recordRefund(
		ctx, refund, provider.RefundResult{Status: provider.RefundFailed}, nil,
	); failure != nil {
		return result, failure
	}
	if errors.Is(err, ErrUnavailable) {
		return result, err
	}
	return result, ErrUnavailable.Because(err)
}

// refundAtProvider calls the provider that the payment was made with.
func (p *Payments) refundAtProvider(
	ctx context.Context, refund db.Refund, payment db.Payment,
) (provider.RefundResult, error) {
	ctx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	with, err := p.providerNamed(payment.Provider)
	if err != nil {
		return provider.RefundResult{}, err
	}
	return with.Refund(ctx, provider.RefundRequest{
		IdempotencyKey:    refund.Key,
		ProviderPaymentID: optional.Value(payment.ProviderPaymentID),
		AmountMinor:       refund.AmountMinor,
		Currency:          money.Currency(payment.Currency),
		Reason:            refund.Reason,
	})
}

// retryRefund sends a pending refund again. The provider refunds only once for its key.
func (p *Payments) retryRefund(ctx context.Context, id int64) error {
	refund, err := p.queries.GetRefund(ctx, id)
	if err != nil || refund.Status != pending {
		return err
	}
	result, err := p.sendRefund(ctx, refund, false)
	if err != nil {
		return err
	}
	_, err = p.recordRefund(ctx, refund, result, nil)
	return err
}

// recordRefund settles a refund in a transaction of its own. store, if set, runs in it too.
func (p *Payments) recordRefund(
	ctx context.Context, refund db.Refund, result provider.RefundResult,
	store func(tx, db.Refund) error,
) (settled db.Refund, err error) {
	payment, err := p.queries.GetPaymentRow(ctx, refund.PaymentID)
	if err != nil {
		return settled, err
	}
	restocked := false
	cancels := refund.CancelsOrder
	err = p.inOrderTx(ctx, nil, payment.OrderID, cancels, func(t tx) (err error) {
		settled, restocked, err = p.settleRefund(ctx, t, refund.ID, result)
		if err != nil || store == nil {
			return err
		}
		return store(t, settled)
	})
	if err == nil && restocked {
		p.orders.Restocked(ctx)
	}
	return settled, err
}

// settleRefund records the outcome of a refund, and what follows from it for the order. It may be
// called with the same result, or an older one, any number of times. A refund that failed stays
// failed; one that seemed done may still fail. restocked reports that the order was cancelled.
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
	isPending := refund.Status == pending
	switch {
	case result.Status == provider.RefundDone && isPending:
		restocked, err = p.refundDone(ctx, t, refund, payment, order, result)
	case result.Status == provider.RefundFailed && refund.Status != failed:
		err = p.refundFailed(ctx, t, refund, payment, result)
	case result.Status == provider.RefundPending && isPending && result.ProviderRefundID != "":
		err = t.q.SetProviderRefundID(ctx, result.ProviderRefundID, id)
	default: // nothing new
		return refund, false, nil
	}
	if err != nil {
		return refund, false, err
	}
	refund, err = t.q.GetRefund(ctx, id)
	return refund, restocked, err
}

// refundDone records a refund that the provider made, and cancels the order if the refund asks for
// it.
func (p *Payments) refundDone(
	ctx context.Context, t tx, refund db.Refund, payment db.Payment, order db.Order,
	result provider.RefundResult,
) (restocked bool, err error) {
	id := optional.Of(result.ProviderRefundID)
	if err := t.q.SettleRefund(ctx, done, id, refund.ID); err != nil {
		return false, err
	}
	if _, err := t.q.CompleteRefunds(ctx, payment.ID); err != nil {
		return false, err
	}
	if err := t.recordRefundedEvent(ctx, payment.ID, refund.ID); err != nil {
		return false, err
	}
	note := amountOf(payment, refund.AmountMinor) + " was given back."
	if refund.CancelsOrder && order.Status == orders.Paid {
		return true, p.orders.CancelRefunded(ctx, t.q, order, refund.ActorID, note)
	}
	return false, orders.Note(ctx, t.q, order.ID, refund.ActorID, note)
}

// refundFailed records that the provider did not refund, and makes the amount refundable again.
func (p *Payments) refundFailed(
	ctx context.Context, t tx, refund db.Refund, payment db.Payment, result provider.RefundResult,
) error {
	id := optional.Of(result.ProviderRefundID)
	if err := t.q.SettleRefund(ctx, failed, id, refund.ID); err != nil {
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
