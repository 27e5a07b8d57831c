package payments

import (
	"context"
	"errors"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/optional"
)

// Reconcile is the job that asks the provider about payments and refunds whose outcome is unknown.
type Reconcile struct{}

// Kind implements river.JobArgs.
func (Reconcile) Kind() string { return "payments.reconcile" }

// reconcileBatch is how many rows a statement claims.
const reconcileBatch = 20

// Reconcile settles everything that has been pending for longer than Overdue, as the provider says.
// What it cannot settle now stays pending and is tried again by a later run. Several processes may
// run it at once: each claims rows of its own.
func (p *Payments) Reconcile(ctx context.Context) error {
	for {
		unsettled, err := p.queries.ClaimPendingPayments(
			ctx, p.providerName(), p.Overdue().Seconds(), reconcileBatch,
		)
		if err != nil || len(unsettled) == 0 {
			if err := errors.Join(err, p.reconcileRefunds(ctx), p.removeRetired(ctx)); err != nil {
				return err
			}
			return p.queries.DeleteOldPaymentEvents(ctx)
		}
		for _, payment := range unsettled {
			if err := p.reconcilePayment(ctx, payment); err != nil {
				p.settings.Log.ErrorContext(
					ctx, "payment cannot be settled", "payment", payment.ID, "order",
					payment.OrderID, "error", err.Error(),
				)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// reconcilePayment asks the provider about a pending payment and settles it accordingly. If the
// provider cannot be asked, the payment stays pending. If the provider has no record of it, it
// fails once the request can no longer be on its way (FindGrace).
func (p *Payments) reconcilePayment(ctx context.Context, payment db.Payment) error {
	findCtx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	result, found, err := p.settings.Provider.Find(findCtx, provider.FindRequest{
		ProviderPaymentID: optional.Value(payment.ProviderPaymentID),
		IdempotencyKey:    payment.AttemptKey,
		OrderReference:    orders.Reference(payment.OrderID),
		AttemptedAt:       payment.AttemptedAt,
	})
	if err != nil {
		p.settings.Log.WarnContext(
			ctx, "payment outcome still unknown", "payment", payment.ID, "order", payment.OrderID,
			"error", err.Error(),
		)
		return nil
	}
	if !found {
		if time.Since(payment.AskedAt) < provider.FindGrace {
			return nil
		}
		return p.fail(
			ctx, payment.ID, notReceived,
			"The payment did not reach the payment provider. Nothing was charged; try again.",
		)
	}
	return p.inTx(ctx, nil, func(t tx) error {
		_, err := p.settle(ctx, t, payment.ID, result)
		return err
	})
}

// reconcileRefunds sends pending refunds again.
func (p *Payments) reconcileRefunds(ctx context.Context) error {
	for {
		unsettled, err := p.queries.ClaimPendingRefunds(
			ctx, p.providerName(), p.Overdue().Seconds(), reconcileBatch,
		)
		if err != nil || len(unsettled) == 0 {
			return err
		}
		for _, refund := range unsettled {
			if err := p.retryRefund(ctx, refund.ID); err != nil {
				p.settings.Log.ErrorContext(
					ctx, "refund cannot be settled", "refund", refund.ID, "payment",
					refund.PaymentID, "error", err.Error(),
				)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// removeRetired removes the saved methods at the provider that their customers deleted here.
func (p *Payments) removeRetired(ctx context.Context) error {
	retired, err := p.queries.ListRetiredPaymentMethods(ctx, p.providerName(), reconcileBatch)
	if err != nil {
		return err
	}
	for _, method := range retired {
		if err := p.removeMethod(ctx, method); err != nil {
			p.settings.Log.WarnContext(
				ctx, "payment method is not removed at the provider yet", "payment_method",
				method.ID, "error", err.Error(),
			)
		}
	}
	return nil
}
