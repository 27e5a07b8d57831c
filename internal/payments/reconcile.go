package payments

import (
	"context"
	"errors"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
)

// Reconcile is a job that finds out what became of payments and refunds whose outcome nobody heard.
type Reconcile struct{}

// Kind implements river.JobArgs.
func (Reconcile) Kind() string { return "payments.reconcile" }

// reconcileBatch is how many rows are taken at once.
const reconcileBatch = 20

// Reconcile finds out, from the provider, about everything that has been pending for a minute. What
// cannot be found out now is tried again later; several processes may do so at once.
func (p *Payments) Reconcile(ctx context.Context) error {
	for {
		unknown, err := p.queries.TakeUnknownPayments(
			ctx, p.current(), p.Overdue().Seconds(), reconcileBatch,
		)
		if err != nil || len(unknown) == 0 {
			if err := errors.Join(err, p.reconcileRefunds(ctx), p.removeRetired(ctx)); err != nil {
				return err
			}
			return p.queries.SweepEvents(ctx)
		}
		for _, payment := range unknown {
			if err := p.findOut(ctx, payment); err != nil {
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

// findOut asks the provider about a pending payment and notes what it says. A payment the provider
// does not know is given up once it can no longer be on its way.
func (p *Payments) findOut(ctx context.Context, payment db.Payment) error {
	asking, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	result, found, err := p.settings.Provider.Find(asking, provider.FindRequest{
		ProviderPaymentID: deref(payment.ProviderPaymentID), IdempotencyKey: payment.AttemptKey,
		OrderReference: orders.Reference(payment.OrderID), AttemptedAt: payment.AttemptedAt,
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

func (p *Payments) reconcileRefunds(ctx context.Context) error {
	for {
		unknown, err := p.queries.TakeUnknownRefunds(
			ctx, p.current(), p.Overdue().Seconds(), reconcileBatch,
		)
		if err != nil || len(unknown) == 0 {
			return err
		}
		for _, refund := range unknown {
			if err := p.goOn(ctx, refund.ID); err != nil {
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

// goOn asks the provider once more for a refund that is pending: under its key that is done once.
func (p *Payments) goOn(ctx context.Context, id int64) error {
	refund, err := p.queries.GetRefund(ctx, id)
	if err != nil || refund.Status != pending {
		return err
	}
	result, err := p.ask(ctx, refund, false)
	if err != nil {
		return err
	}
	_, err = p.note(ctx, id, result, nil)
	return err
}

// removeRetired removes at the provider what its customers removed here.
func (p *Payments) removeRetired(ctx context.Context) error {
	retired, err := p.queries.ListRetiredPaymentMethods(ctx, p.current(), reconcileBatch)
	if err != nil {
		return err
	}
	for _, method := range retired {
		if err := p.remove(ctx, method); err != nil {
			p.settings.Log.WarnContext(
				ctx, "payment method is not removed at the provider yet", "payment_method",
				method.ID, "error", err.Error(),
			)
		}
	}
	return nil
}
