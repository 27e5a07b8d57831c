package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// errMismatch is a webhook that speaks of another amount than the shop asked for.
var errMismatch = errors.New("the provider's amount or currency is not the payment's")

// amountMismatch is the code of a payment of which the provider says, when it is asked, that it
// took another amount than the shop asked for. mismatchMessage is what its customer reads.
const (
	amountMismatch  = "amount_mismatch"
	mismatchMessage = "The payment provider took another amount than the order's total. It goes back by itself; pay again, or ask the shop."
)

// notReceived is the code of a payment the provider never heard of.
const notReceived = "not_received"

// tx is a transaction in which payments change.
type tx struct {
	q      *db.Queries
	insert func(river.JobArgs) error
	actor  *int64 // nil: the system
}

// inTx runs work in one transaction.
func (p *Payments) inTx(ctx context.Context, actor *int64, work func(tx) error) error {
	return p.queue.Tx(
		ctx,
		func(q *db.Queries, insert func(river.JobArgs) error) error { return work(tx{q, insert, actor}) },
	)
}

// lock locks a payment, and its order before it.
func (t tx) lock(ctx context.Context, id int64) (db.Payment, db.Order, error) {
	payment, err := t.q.GetPayment(ctx, id)
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

// settle notes what became of a payment, and what follows from it for the order. It may be told the
// same thing, or an older one, any number of times: money that came is never taken back by a later
// word, money that comes late is never lost.
func (p *Payments) settle(
	ctx context.Context, t tx, id int64, result provider.Result,
) (db.Payment, error) {
	payment, order, err := t.lock(ctx, id)
	if err != nil {
		return payment, err
	}
	switch {
	case result.Status == provider.Succeeded && (payment.Status == pending || payment.Status == failed) &&
		!fits(payment.AmountMinor, payment.Currency, result.AmountMinor, result.Currency):
		err = p.setAside(ctx, t, payment, result)
	case result.Status == provider.Succeeded && (payment.Status == pending || payment.Status == failed):
		err = p.received(ctx, t, payment, order, result)
	case result.Status == provider.Declined && payment.Status == pending:
		err = t.q.SettlePayment(ctx, db.SettlePaymentParams{
			ID:                id,
			Status:            failed,
			ProviderPaymentID: orNil(result.ProviderPaymentID),
			DeclineCode:       orNil(result.DeclineCode),
			DeclineMessage:    orNil(result.DeclineMessage),
		})
	case result.Status == provider.Pending && payment.Status == pending && result.ProviderPaymentID != "":
		err = t.q.NamePayment(ctx, result.ProviderPaymentID, id)
	default: // nothing new
		return payment, nil
	}
	if err == nil {
		err = t.q.TouchOrder(ctx, order.ID)
	}
	if err == nil && result.Status == provider.Declined {
		err = t.tellFailed(ctx, id)
	}
	if err != nil {
		return payment, err
	}
	return t.q.GetPayment(ctx, id)
}

// received notes money that came. An order that waits for it is paid; otherwise it goes back.
func (p *Payments) received(
	ctx context.Context, t tx, payment db.Payment, order db.Order, result provider.Result,
) error {
	live, err := t.q.GetLivePayment(ctx, order.ID)
	isOther := err == nil && live.ID != payment.ID
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	wanted := order.Status == orders.Pending && !isOther
	if err := t.q.SettlePayment(ctx, db.SettlePaymentParams{
		ID:                payment.ID,
		Status:            paid,
		IsSurplus:         !wanted,
		ProviderPaymentID: orNil(result.ProviderPaymentID),
	}); err != nil {
		return err
	}
	if wanted {
		return p.orders.MarkPaid(ctx, t.q, order, t.actor, "")
	}
	amount := amountOf(payment, payment.AmountMinor)
	note, reason := "A payment of "+amount+" came after the order was cancelled. It is given back.", "It came after the order was cancelled."
	if order.Status != orders.Cancelled {
		note, reason = "A second payment of "+amount+" came. It is given back.", "The order was paid already."
	}
	if err := orders.Note(ctx, t.q, order.ID, nil, note); err != nil {
		return err
	}
	refund, err := t.reserve(
		ctx, payment, db.CreateRefundParams{AmountMinor: payment.AmountMinor, Reason: reason},
	)
	if err != nil {
		return err
	}
	return t.insert(GiveBack{refund.ID})
}

// setAside notes money that came and is not what the order costs: the order stays as it is, and
// what was taken goes back.
func (p *Payments) setAside(
	ctx context.Context, t tx, payment db.Payment, result provider.Result,
) error {
	p.settings.Log.ErrorContext(
		ctx, "the provider took another amount than it was asked for", "payment", payment.ID,
		"order", payment.OrderID, "asked", payment.AmountMinor, "currency", payment.Currency,
		"taken", result.AmountMinor, "taken_currency", string(result.Currency),
	)
	if result.AmountMinor < 1 { // it says that it took nothing
		return t.q.SettlePayment(ctx, db.SettlePaymentParams{
			ID:                payment.ID,
			Status:            failed,
			ProviderPaymentID: orNil(result.ProviderPaymentID),
			DeclineCode:       orNil(amountMismatch),
			DeclineMessage:    orNil(mismatchMessage),
		})
	}
	taken, err := t.q.SetPaymentAside(ctx, db.SetPaymentAsideParams{
		ID:                payment.ID,
		AmountMinor:       result.AmountMinor,
		Currency:          string(result.Currency),
		ProviderPaymentID: orNil(result.ProviderPaymentID),
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
	refund, err := t.reserve(
		ctx,
		taken,
		db.CreateRefundParams{
			AmountMinor: taken.AmountMinor,
			Reason:      "It was not the order's total.",
		},
	)
	if err != nil {
		return err
	}
	return t.insert(GiveBack{refund.ID})
}

// fail notes that a payment came to nothing: surely no money was taken.
func (p *Payments) fail(ctx context.Context, id int64, code, message string) error {
	return p.inTx(ctx, nil, func(t tx) error {
		_, err := p.settle(
			ctx, t, id,
			provider.Result{Status: provider.Declined, DeclineCode: code, DeclineMessage: message},
		)
		return err
	})
}

// fits reports whether what a provider says of an amount is the shop's; a provider may say nothing.
func fits(minor int64, currency string, saidMinor int64, said money.Currency) bool {
	return saidMinor == 0 && said == "" || saidMinor == minor && string(said) == currency
}

// amountOf writes minor units of a payment's currency.
func amountOf(payment db.Payment, minor int64) string {
	return fmt.Sprintf("%s %s", money.Currency(payment.Currency).Format(minor), payment.Currency)
}
