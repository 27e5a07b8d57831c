package stripepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
)

// maxMetadata is the longest value of Stripe's metadata, in characters.
const maxMetadata = 500

// Refund first looks for a refund with the key among those of the payment: Stripe forgets keys
// after a day, but a refund may be retried later.
func (p *Provider) Refund(
	ctx context.Context, request provider.RefundRequest,
) (provider.RefundResult, error) {
	if err := request.Check(); err != nil {
		return provider.RefundResult{}, err
	}
	amount, err := toStripe(request.AmountMinor, request.Currency)
	if err != nil {
		return provider.RefundResult{}, err
	}
	made, err := p.refundWithKey(ctx, request.ProviderPaymentID, request.IdempotencyKey)
	if err != nil {
		return provider.RefundResult{}, err
	}
	if made != nil {
		if minor, currency := fromStripe(
			made.Amount, made.Currency,
		); minor != request.AmountMinor ||
			currency != request.Currency {
			return provider.RefundResult{}, provider.ErrKeyReused
		}
		return refundResult(made), nil
	}
	params := &stripe.RefundCreateParams{
		Amount:        stripe.Int64(amount),
		PaymentIntent: stripe.String(request.ProviderPaymentID),
		Metadata:      map[string]string{idempotencyKey: request.IdempotencyKey},
	}
	if request.Reason != "" {
		params.Metadata[refundReason] = shorten(request.Reason)
	}
	params.SetIdempotencyKey(request.IdempotencyKey)
	refund := &stripe.Refund{}
	if err := p.call(ctx, http.MethodPost, "/v1/refunds", params, refund); err != nil {
		failed := p.failure(err)
		if errors.Is(
			failed, provider.ErrAmount,
		) { // more than is left, not a wrong amount
			failed = fmt.Errorf("%w: %s", provider.ErrRefused, failed.Error())
		}
		return provider.RefundResult{}, failed
	}
	if refund.ID == "" {
		return provider.RefundResult{}, fmt.Errorf(
			"%w: Stripe's answer holds no refund", provider.ErrOutcomeUnknown,
		)
	}
	return refundResult(refund), nil
}

func (p *Provider) refundWithKey(
	ctx context.Context, paymentID, key string,
) (*stripe.Refund, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(paymentID)}
	for refund, err := range list(ctx, p, "/v1/refunds", params, refundID) {
		if missing(err) {
			return nil, fmt.Errorf("%w: there is no such payment to refund", provider.ErrRefused)
		}
		if err != nil {
			return nil, p.reading(err)
		}
		if refund.Metadata[idempotencyKey] == key {
			return refund, nil
		}
	}
	return nil, nil
}

func refundID(refund *stripe.Refund) string { return refund.ID }

func refundResult(refund *stripe.Refund) provider.RefundResult {
	r := provider.RefundResult{ProviderRefundID: refund.ID, Status: provider.RefundPending}
	switch refund.Status {
	case stripe.RefundStatusSucceeded:
		r.Status = provider.RefundDone
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		r.Status = provider.RefundFailed
	}
	return r
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxMetadata {
		return string(runes[:maxMetadata])
	}
	return text
}
