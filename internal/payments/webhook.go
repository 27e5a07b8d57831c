package payments

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/request"
)

// StripeWebhook handles a webhook of Stripe.
func (p *Payments) StripeWebhook(
	ctx context.Context, r api.StripeWebhookRequestObject,
) (api.StripeWebhookResponseObject, error) {
	if err := p.handleWebhook(ctx, "stripe", optional.Value(r.Params.StripeSignature)); err != nil {
		return nil, err
	}
	return api.StripeWebhook200JSONResponse{Received: true}, nil
}

// TestWebhook handles a webhook of the test provider.
func (p *Payments) TestWebhook(
	ctx context.Context, r api.TestWebhookRequestObject,
) (api.TestWebhookResponseObject, error) {
	if err := p.handleWebhook(ctx, "test", optional.Value(r.Params.TestSignature)); err != nil {
		return nil, err
	}
	return api.TestWebhook200JSONResponse{Received: true}, nil
}

// handleWebhook verifies the signature of the request's body and records the event in it once, by
// its id.
func (p *Payments) handleWebhook(ctx context.Context, name, signature string) error {
	if p.providerName() != name {
		return ErrNoWebhook
	}
	now := p.settings.Clock.Now()
	event, err := p.settings.Provider.ParseWebhook(request.From(ctx).Body, signature, now)
	if err != nil {
		p.settings.Log.WarnContext(ctx, "webhook refused", "provider", name, "error", err.Error())
		return ErrWebhookRefused
	}
	if event.Type == provider.Other {
		return nil
	}
	restocked := false
	err = p.inTx(ctx, nil, func(t tx) (err error) {
		restocked = false
		known, err := t.q.FindPaymentOfProvider(
			ctx, name, event.ProviderPaymentID, event.IdempotencyKey,
		)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // the shop's account at the provider is used for something else too
		}
		if err != nil {
			return err
		}
		if isNew, err := t.q.CreatePaymentEvent(ctx, name, event.ID); err != nil || isNew == 0 {
			return err
		}
		if event.Type == provider.RefundSucceeded || event.Type == provider.RefundFailure {
			restocked, err = p.handleRefundEvent(ctx, t, known, event)
			return err
		}
		return p.handlePaymentEvent(ctx, t, known, event)
	})
	if err == nil && restocked {
		p.orders.Restocked(ctx)
	}
	if errors.Is(err, errMismatch) {
		p.settings.Log.ErrorContext(
			ctx, "webhook refused", "provider", name, "event", event.ID, "payment",
			event.ProviderPaymentID, "error", err.Error(),
		)
		return ErrWebhookRefused
	}
	return err
}

// handlePaymentEvent settles a payment as an event says. It returns errMismatch if the event's
// amount, currency, order or payment is not that of the payment.
func (p *Payments) handlePaymentEvent(
	ctx context.Context, t tx, known db.Payment, event provider.Event,
) error {
	if !isAmount(known.AmountMinor, known.Currency, event.AmountMinor, event.Currency) ||
		event.AmountMinor == 0 ||
		event.OrderReference != "" && event.OrderReference != orders.Reference(known.OrderID) ||
		known.ProviderPaymentID != nil && *known.ProviderPaymentID != event.ProviderPaymentID {
		return errMismatch
	}
	result := provider.Result{
		ProviderPaymentID: event.ProviderPaymentID,
		Status:            provider.Succeeded,
		DeclineCode:       event.DeclineCode,
		DeclineMessage:    event.DeclineMessage,
		AmountMinor:       event.AmountMinor,
		Currency:          event.Currency,
	}
	if event.Type == provider.PaymentFailed {
		result.Status = provider.Declined
	}
	_, err := p.settle(ctx, t, known.ID, result)
	return err
}

// handleRefundEvent settles a refund as an event says. A refund that staff made on the provider's
// own pages, unknown here, is created.
func (p *Payments) handleRefundEvent(
	ctx context.Context, t tx, known db.Payment, event provider.Event,
) (restocked bool, err error) {
	if event.ProviderRefundID == "" {
		return false, errMismatch
	}
	payment, _, err := t.lock(ctx, known.ID)
	if err != nil {
		return false, err
	}
	refund, err := t.q.FindRefund(ctx, payment.ID, event.ProviderRefundID, event.IdempotencyKey)
	if errors.Is(err, pgx.ErrNoRows) {
		if event.Type == provider.RefundFailure {
			return false, nil
		}
		if string(event.Currency) != payment.Currency || event.AmountMinor < 1 {
			return false, errMismatch
		}
		refund, err = t.reserve(ctx, payment, db.CreateRefundParams{
			AmountMinor: event.AmountMinor,
			Reason:      "It was made at the payment provider.",
		})
		if errors.Is(err, ErrTooLarge) {
			err = errMismatch
		}
	}
	if err != nil {
		return false, err
	}
	if !isAmount(refund.AmountMinor, payment.Currency, event.AmountMinor, event.Currency) ||
		refund.ProviderRefundID != nil && *refund.ProviderRefundID != event.ProviderRefundID {
		return false, errMismatch
	}
	result := provider.RefundResult{
		ProviderRefundID: event.ProviderRefundID,
		Status:           provider.RefundDone,
	}
	if event.Type == provider.RefundFailure {
		result.Status = provider.RefundFailed
	}
	_, restocked, err = p.settleRefund(ctx, t, refund.ID, result)
	return restocked, err
}
