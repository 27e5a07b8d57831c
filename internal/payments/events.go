package payments

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/events"
)

// refundEvent is the data of the event payment.refunded: the payment and the refund.
type refundEvent struct {
	api.AdminPayment
	Refund api.AdminRefund `json:"refund"`
}

// recordFailedEvent writes the event payment.failed of a locked payment.
func (t tx) recordFailedEvent(ctx context.Context, id int64) error {
	payment, err := read(ctx, t.q, id, nil)
	if err != nil {
		return err
	}
	return events.Record(ctx, t.q, events.Event{
		Kind:       events.PaymentFailed,
		ObjectType: events.Payment,
		ObjectID:   id,
		Data:       payment.AdminBody(),
	})
}

// recordRefundedEvent writes the event payment.refunded of a locked payment.
func (t tx) recordRefundedEvent(ctx context.Context, id, refund int64) error {
	payment, err := read(ctx, t.q, id, nil)
	if err != nil {
		return err
	}
	data := refundEvent{AdminPayment: payment.AdminBody()}
	for _, r := range payment.Refunds {
		if r.ID == refund {
			data.Refund = r.AdminBody(payment.Currency)
		}
	}
	return events.Record(ctx, t.q, events.Event{
		Kind:       events.PaymentRefunded,
		ObjectType: events.Payment,
		ObjectID:   id,
		Data:       data,
	})
}
