package payments

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/record"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// VisitRefundOrderResponse implements api.RefundOrderResponseObject.
func (a answer) VisitRefundOrderResponse(w http.ResponseWriter) error { return a.Write(w) }

// RefundOrder gives back what was paid for an order.
func (p *Payments) RefundOrder(
	ctx context.Context, r api.RefundOrderRequestObject,
) (api.RefundOrderResponseObject, error) {
	if err := refuseCardNumbers(&r.Body.Reason); err != nil {
		return nil, err
	}
	b := back{
		order:  r.ID,
		actor:  &request.From(ctx).Principal.UserID,
		reason: r.Body.Reason,
		cancel: r.Body.Cancel != nil && *r.Body.Cancel,
		key:    requestKey(r.Params.IdempotencyKey),
	}
	if r.Body.Amount != nil {
		minor, err := p.settings.Currency.Parse(*r.Body.Amount)
		if err != nil || minor < 1 {
			return nil, problem.Invalid(
				problem.Field{
					Pointer: "/amount",
					Message: "is not an amount above zero in " + string(p.settings.Currency),
				},
			)
		}
		b.amount = &minor
	}
	known, err := p.once(
		ctx,
		r.Params.IdempotencyKey,
		r.ID,
		*r.Body,
		func(ctx context.Context, lease *idempotency.Lease) (*idempotency.Answer, error) {
			return p.refund(ctx, lease, b)
		},
	)
	if err != nil {
		return nil, err
	}
	return answer{*known}, nil
}

// refund begins a refund, or takes up one that a call with the same key began, and sees it through.
func (p *Payments) refund(
	ctx context.Context, lease *idempotency.Lease, b back,
) (*idempotency.Answer, error) {
	var refund *db.Refund
	first := true
	if lease.Resumed() {
		earlier, err := p.queries.GetRefundOfRequest(ctx, b.order, *b.actor, b.key)
		switch {
		case err == nil && earlier.Status != failed:
			refund, first = &earlier, false
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return nil, err
		}
	}
	var kept idempotency.Answer
	if first {
		b.cancelled = func(t tx, payment db.Payment) (err error) {
			kept, err = p.keepLastRefund(ctx, t.q, lease, payment)
			return err
		}
		var err error
		if refund, err = p.beginRefund(ctx, b); err != nil || refund == nil {
			return &kept, err
		}
	}
	result := provider.RefundResult{Status: provider.RefundPending}
	if refund.Status == pending {
		var err error
		if result, err = p.ask(ctx, *refund, first); err != nil {
			return nil, err
		}
	}
	settled, err := p.note(ctx, refund.ID, result, func(t tx, settled db.Refund) (err error) {
		if settled.Status == failed {
			return nil
		}
		kept, err = p.keepRefund(ctx, t.q, lease, settled)
		return err
	})
	if err == nil && settled.Status == failed {
		err = ErrRefundFailed
	}
	return &kept, unsure(err)
}

// keepRefund keeps the answer that shows a refund for the key.
func (p *Payments) keepRefund(
	ctx context.Context, q *db.Queries, lease *idempotency.Lease, refund db.Refund,
) (idempotency.Answer, error) {
	status := http.StatusCreated
	if refund.Status == pending {
		status = http.StatusAccepted
	}
	kept, err := idempotency.NewAnswer(status, record.Refund{
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
		return kept, err
	}
	return kept, lease.Keep(ctx, q, kept)
}

// keepLastRefund answers a call that found all money given back before, or that there never was
// any, and only cancelled the order.
func (p *Payments) keepLastRefund(
	ctx context.Context, q *db.Queries, lease *idempotency.Lease, payment db.Payment,
) (idempotency.Answer, error) {
	if payment.ID == 0 {
		kept := idempotency.Answer{Status: http.StatusNoContent, Body: []byte{}}
		return kept, lease.Keep(ctx, q, kept)
	}
	last, err := q.GetLastRefund(ctx, payment.ID)
	if err != nil {
		return idempotency.Answer{}, err
	}
	return p.keepRefund(ctx, q, lease, last)
}

// AdminListPayments answers a page of all payments, newest first.
func (p *Payments) AdminListPayments(
	ctx context.Context, r api.AdminListPaymentsRequestObject,
) (api.AdminListPaymentsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	rows, next, err := p.list(ctx, db.ListPaymentsParams{
		UserID:     r.Params.UserID,
		OrderID:    r.Params.OrderID,
		Status:     (*string)(r.Params.Status),
		Provider:   (*string)(r.Params.Provider),
		FromTime:   r.Params.From,
		ToTime:     r.Params.To,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}, r.Params.Cursor, r.Params.Offset)
	if err != nil {
		return nil, err
	}
	body := api.AdminListPayments200JSONResponse{
		Items:      make([]api.AdminPayment, 0, len(rows)),
		Limit:      asked.Limit,
		Offset:     asked.Offset,
		NextCursor: next,
	}
	for _, row := range rows {
		body.Items = append(body.Items, row.AdminBody())
	}
	return body, nil
}
