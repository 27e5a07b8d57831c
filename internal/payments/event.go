package payments

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/payments/record"
)

// refundEvent is what an event tells of money that was given back: the payment, and the refund of
// it.
type refundEvent struct {
	api.AdminPayment
	Refund api.AdminRefund `json:"refund"`
}

// tellFailed writes that a locked payment came to nothing.
func (t tx) tellFailed(ctx context.Context, id int64) error {
	payment, err := t.details(ctx, id)
	if err != nil {
		return err
	}
	return events.Record(
		ctx,
		t.q,
		events.Event{
			Kind:       events.PaymentFailed,
			ObjectType: events.Payment,
			ObjectID:   id,
			Data:       payment.AdminBody(),
		},
	)
}

// tellRefunded writes that money of a locked payment was given back.
func (t tx) tellRefunded(ctx context.Context, id, refund int64) error {
	payment, err := t.details(ctx, id)
	if err != nil {
		return err
	}
	told := refundEvent{AdminPayment: payment.AdminBody()}
	for _, r := range payment.Refunds {
		if r.ID == refund {
			told.Refund = r.AdminBody(payment.Currency)
		}
	}
	return events.Record(
		ctx,
		t.q,
		events.Event{
			Kind:       events.PaymentRefunded,
			ObjectType: events.Payment,
			ObjectID:   id,
			Data:       told,
		},
	)
}

func (t tx) details(ctx context.Context, id int64) (record.Payment, error) {
	details, err := t.q.ShowPayment(ctx, id, nil)
	if err != nil {
		return record.Payment{}, err
	}
	return record.Read(details)
}
