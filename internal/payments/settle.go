package payments

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// tx is a transaction in which payments change.
type tx struct {
	q      *db.Queries
	insert func(river.JobArgs) error // enqueues a job
	actor  *int64                    // nil: the system
}

// inTx runs work in one transaction.
func (p *Payments) inTx(ctx context.Context, actor *int64, work func(tx) error) error {
	return p.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		return work(tx{q, insert, actor})
	})
}

// inOrderTx is inTx for work that locks an order and may cancel it. It enters the bulkhead first.
func (p *Payments) inOrderTx(
	ctx context.Context, actor *int64, order int64, mayCancel bool, work func(tx) error,
) error {
	names, err := p.orders.LockNames(ctx, order, mayCancel)
	if err != nil {
		return err
	}
	return p.settings.Bulkhead.Do(ctx, names, func() error { return p.inTx(ctx, actor, work) })
}

// lock locks the order of a payment, then the payment.
func (t tx) lock(ctx context.Context, id int64) (db.Payment, db.Order, error) {
	payment, err := t.q.GetPaymentRow(ctx, id)
	if err != nil {
		return payment, db.Order{}, err
	}
	order, err := t.q.LockOrder(ctx, payment.OrderID, nil)
	if err != nil {
		return payment, order, err
	}
	payment, err = t.q.LockPayment(ctx, id)
	return payment, order, err
}

// settle records the outcome of a payment, and what follows from it for the order. It may be called
// with the same result, or an older one, any number of times: a payment that succeeded stays so,
// and one that succeeds after it was recorded as failed is not lost.
func (p *Payments) settle(
	ctx context.Context, t tx, id int64, result provider.Result,
) (db.Payment, error) {
	payment, order, err := t.lock(ctx, id)
	if err != nil {
		return payment, err
	}
	isPending := payment.Status == pending
	switch {
	case result.Status == provider.Succeeded && (isPending || payment.Status == failed):
		if isAmount(payment.AmountMinor, payment.Currency, result.AmountMinor, result.Currency) {
			err = p.recordSuccess(ctx, t, payment, order, result)
		} else {
			err = p.recordMismatch(ctx, t, payment, result)
		}
	case result.Status == provider.Declined && isPending:
		err = t.q.SettlePayment(ctx, db.SettlePaymentParams{
			ID:                id,
			Status:            failed,
			ProviderPaymentID: optional.Of(result.ProviderPaymentID),
			DeclineCode:       optional.Of(result.DeclineCode),
			DeclineMessage:    optional.Of(result.DeclineMessage),
		})
	case result.Status == provider.Pending && isPending && result.ProviderPaymentID != "":
		err = t.q.SetProviderPaymentID(ctx, result.ProviderPaymentID, id)
	default: // nothing new
		return payment, nil
	}
	if err == nil {
		err = t.q.TouchOrder(ctx, order.ID)
	}
	if err == nil && result.Status == provider.Declined {
		err = t.recordFailedEvent(ctx, id)
	}
	if err != nil {
		return payment, err
	}
	return t.q.GetPaymentRow(ctx, id)
}

// recordSuccess records money that the provider took. If the order waits for it, the order is paid.
// If the order was cancelled or is paid already, the payment is surplus and is refunded.
func (p *Payments) recordSuccess(
	ctx context.Context, t tx, payment db.Payment, order db.Order, result provider.Result,
) error {
	live, err := t.q.GetLivePayment(ctx, order.ID)
	if err := postgres.NotFound(err, nil); err != nil {
		return err
	}
	isSecond := live.ID != 0 && live.ID != payment.ID
	isSurplus := order.Status != orders.Pending || isSecond
	if err := t.q.SettlePayment(ctx, db.SettlePaymentParams{
		ID:                payment.ID,
		Status:            paid,
		IsSurplus:         isSurplus,
		ProviderPaymentID: optional.Of(result.ProviderPaymentID),
	}); err != nil {
		return err
	}
	if !isSurplus {
		return p.orders.MarkPaid(ctx, t.q, order, t.actor, "")
	}
	amount := amountOf(payment, payment.AmountMinor)
	note := "A payment of " + amount + " came after the order was cancelled. It is given back."
	reason := "It came after the order was cancelled."
	if order.Status != orders.Cancelled {
		note = "A second payment of " + amount + " came. It is given back."
		reason = "The order was paid already."
	}
	if err := orders.Note(ctx, t.q, order.ID, nil, note); err != nil {
		return err
	}
	refund, err := t.reserve(ctx, payment, db.CreateRefundParams{
		AmountMinor: payment.AmountMinor,
		Reason:      reason,
	})
	if err != nil {
		return err
	}
	return t.insert(GiveBack{refund.ID})
}

// recordMismatch records that the provider took another amount than the order costs. The order
// stays as it is, and what was taken is refunded.
func (p *Payments) recordMismatch(
	ctx context.Context, t tx, payment db.Payment, result provider.Result,
) error {
	p.settings.Log.ErrorContext(
		ctx, "the provider took another amount than it was asked for", "payment", payment.ID,
		"order", payment.OrderID, "asked", payment.AmountMinor, "currency", payment.Currency,
		"taken", result.AmountMinor, "taken_currency", string(result.Currency),
	)
	if result.AmountMinor < 1 { // the provider took nothing
		return t.q.SettlePayment(ctx, db.SettlePaymentParams{
			ID:                payment.ID,
			Status:            failed,
			ProviderPaymentID: optional.Of(result.ProviderPaymentID),
			DeclineCode:       optional.Of(amountMismatch),
			DeclineMessage:    optional.Of(mismatchMessage),
		})
	}
	taken, err := t.q.RecordPaymentMismatch(ctx, db.RecordPaymentMismatchParams{
		ID:                payment.ID,
		AmountMinor:       result.AmountMinor,
		Currency:          string(result.Currency),
		ProviderPaymentID: optional.Of(result.ProviderPaymentID),
		DeclineCode:       amountMismatch,
		DeclineMessage:    mismatchMessage,
	})
	if err != nil {
		return err
	}
	note := fmt.Sprintf(
		"The payment provider took %s instead of %s. It is given back.",
		amountOf(taken, taken.AmountMinor), amountOf(payment, payment.AmountMinor),
	)
	if err := orders.Note(ctx, t.q, payment.OrderID, nil, note); err != nil {
		return err
	}
	refund, err := t.reserve(ctx, taken, db.CreateRefundParams{
		AmountMinor: taken.AmountMinor,
		Reason:      "It was not the order's total.",
	})
	if err != nil {
		return err
	}
	return t.insert(GiveBack{refund.ID})
}

// fail records that a payment failed and surely took no money.
func (p *Payments) fail(ctx context.Context, id int64, code, message string) error {
	return p.inTx(ctx, nil, func(t tx) error {
		_, err := p.settle(
			ctx, t, id,
			provider.Result{Status: provider.Declined, DeclineCode: code, DeclineMessage: message},
		)
		return err
	})
}

// isAmount reports whether a provider's amount and currency are the shop's. A provider that names
// neither (0 and empty) agrees.
func isAmount(minor int64, currency string, theirMinor int64, theirs money.Currency) bool {
	return theirMinor == 0 && theirs == "" || theirMinor == minor && string(theirs) == currency
}

// amountOf formats minor units in a payment's currency, such as "12.50 EUR".
func amountOf(payment db.Payment, minor int64) string {
	return fmt.Sprintf("%s %s", money.Currency(payment.Currency).Format(minor), payment.Currency)
}
