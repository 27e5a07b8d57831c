package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/details"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// settleAndStore settles a payment with the provider's result and stores the response for the
// Idempotency-Key, in one transaction. Without a result it only stores the payment as it is.
func (p *Payments) settleAndStore(
	ctx context.Context, lease *idempotency.Lease, id int64, result *provider.Result,
) (*idempotency.Response, error) {
	var stored idempotency.Response
	isSurplus := false
	err := p.inTx(ctx, nil, func(t tx) error {
		payment, err := t.q.GetPaymentRow(ctx, id)
		if err != nil {
			return err
		}
		if result != nil {
			t.actor = &payment.UserID
			if payment, err = p.settle(ctx, t, id, *result); err != nil {
				return err
			}
		}
		isSurplus = payment.IsSurplus && optional.Value(payment.DeclineCode) != amountMismatch
		if isSurplus {
			return nil
		}
		body, err := read(ctx, t.q, id, nil)
		if err != nil {
			return err
		}
		if stored, err = idempotency.NewResponse(statusOf(payment), body.Body()); err != nil {
			return err
		}
		return lease.Store(ctx, t.q, stored)
	})
	if err == nil && isSurplus {
		err = ErrCancelledMeanwhile
	}
	return &stored, orOutcomeUnknown(err)
}

// orOutcomeUnknown returns postgres.ErrOutcomeUnknown if err is an outage of the database after the
// provider was asked: money may have moved without being recorded, and the same request sent again
// records it. Other errors are returned as they are.
func orOutcomeUnknown(err error) error {
	if errors.Is(err, bulkhead.ErrBusy) { // not %w: a problem would say that nothing happened
		return fmt.Errorf("%w: %v", postgres.ErrOutcomeUnknown, err) //nolint:errorlint // see above
	}
	if postgres.IsTransient(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", postgres.ErrOutcomeUnknown, err)
	}
	return err
}

// statusOf returns the HTTP status of a response that shows the payment.
func statusOf(payment db.Payment) int {
	switch {
	case optional.Value(payment.DeclineCode) == amountMismatch:
		return http.StatusConflict
	case payment.Status == pending:
		return http.StatusAccepted
	case payment.Status == failed:
		return http.StatusPaymentRequired
	}
	return http.StatusCreated
}

// storedRefusal returns the problem of a payment that was declined or took a wrong amount. Such an
// outcome is stored for the key like any other.
func storedRefusal(ctx context.Context, stored idempotency.Response) error {
	var payment api.Payment
	if err := json.Unmarshal(stored.Body, &payment); err != nil {
		return err
	}
	if stored.Replayed {
		request.From(ctx).Answer.Set("Idempotent-Replayed", "true")
	}
	if stored.Status == http.StatusConflict {
		return ErrMismatch
	}
	return ErrDeclined.Detailf("%s", optional.Value(payment.DeclineMessage))
}

// storeRefund stores the response that shows a refund for the Idempotency-Key.
func (p *Payments) storeRefund(
	ctx context.Context, q *db.Queries, lease *idempotency.Lease, refund db.Refund,
) (idempotency.Response, error) {
	status := http.StatusCreated
	if refund.Status == pending {
		status = http.StatusAccepted
	}
	stored, err := idempotency.NewResponse(status, details.Refund{
		ID:               refund.ID,
		PaymentID:        refund.PaymentID,
		AmountMinor:      refund.AmountMinor,
		Status:           refund.Status,
		Reason:           refund.Reason,
		ProviderRefundID: refund.ProviderRefundID,
		ActorID:          refund.ActorID,
		CancelsOrder:     refund.CancelsOrder,
		CreatedAt:        refund.CreatedAt,
		SettledAt:        refund.SettledAt,
	}.AdminBody(p.settings.Currency))
	if err != nil {
		return stored, err
	}
	return stored, lease.Store(ctx, q, stored)
}

// storeCancellation stores the response to a request that only cancelled the order, as nothing was
// left to refund: the last refund, or 204 if the order was free and payment is zero.
func (p *Payments) storeCancellation(
	ctx context.Context, q *db.Queries, lease *idempotency.Lease, payment db.Payment,
) (idempotency.Response, error) {
	if payment.ID == 0 {
		stored := idempotency.Response{Status: http.StatusNoContent, Body: []byte{}}
		return stored, lease.Store(ctx, q, stored)
	}
	last, err := q.GetLastRefund(ctx, payment.ID)
	if err != nil {
		return idempotency.Response{}, err
	}
	return p.storeRefund(ctx, q, lease, last)
}
