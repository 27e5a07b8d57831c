package testpay

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/shopd/shopd/internal/payments/provider"
)

// Refund does what the payment's token says about refunds.
func (p *Provider) Refund(
	ctx context.Context, request provider.RefundRequest,
) (provider.RefundResult, error) {
	if err := request.Check(); err != nil {
		return provider.RefundResult{}, err
	}
	if err := ctx.Err(); err != nil {
		return provider.RefundResult{}, fmt.Errorf("%w: %w", provider.ErrUnavailable, err)
	}
	var refund Refund
	var charge Charge
	repeated := false
	now := p.options.Now().UTC()
	err := p.ledger.change(func(b *book) ([]entry, error) {
		if refund, repeated = b.refunds[b.refundKeys[request.IdempotencyKey]]; repeated {
			if !refund.answers(request) {
				return nil, provider.ErrKeyReused
			}
			return nil, nil
		}
		charge = b.charges[request.ProviderPaymentID].asOf(now)
		if charge.Status != provider.Succeeded || charge.Currency != request.Currency {
			return nil, fmt.Errorf("%w: there is no such payment to refund", provider.ErrRefused)
		}
		if request.AmountMinor > b.left(charge) {
			return nil, fmt.Errorf(
				"%w: it is more than is left of the payment", provider.ErrRefused,
			)
		}
		refund = Refund{
			ID:                "ref_test_" + rand.Text(),
			IdempotencyKey:    request.IdempotencyKey,
			ProviderPaymentID: charge.ID,
			AmountMinor:       request.AmountMinor,
			Currency:          request.Currency,
			Reason:            request.Reason,
			Status:            behaviours[charge.Token].refund,
			At:                now,
		}
		return []entry{{Refund: &refund}}, nil
	})
	if err != nil {
		return provider.RefundResult{}, err
	}
	if repeated {
		return refund.result(), nil
	}
	what := behaviours[charge.Token]
	p.tell(what, func(now time.Time) (message, bool) { return refund.message(charge, now) })
	if what.refundAnswerLost {
		return provider.RefundResult{}, provider.ErrOutcomeUnknown
	}
	return refund.result(), nil
}

// SettleRefund settles a pending refund and sends its webhook. A refund that is settled already is
// left alone.
func (p *Provider) SettleRefund(_ context.Context, providerRefundID string, done bool) error {
	var refund Refund
	var charge Charge
	err := p.ledger.change(func(b *book) ([]entry, error) {
		known, ok := b.refunds[providerRefundID]
		if !ok {
			return nil, fmt.Errorf("%w: there is no such refund", provider.ErrRefused)
		}
		refund, charge = known, b.charges[known.ProviderPaymentID]
		if refund.Status != provider.RefundPending {
			return nil, nil
		}
		refund.Status = provider.RefundFailed
		if done {
			refund.Status = provider.RefundDone
		}
		return []entry{{Refund: &refund}}, nil
	})
	if err != nil {
		return err
	}
	p.tell(
		behaviours[charge.Token],
		func(now time.Time) (message, bool) { return refund.message(charge, now) },
	)
	return nil
}

// answers reports whether the refund is what the request asks for.
func (r Refund) answers(request provider.RefundRequest) bool {
	return r.ProviderPaymentID == request.ProviderPaymentID &&
		r.AmountMinor == request.AmountMinor &&
		r.Currency == request.Currency
}

func (r Refund) result() provider.RefundResult {
	return provider.RefundResult{ProviderRefundID: r.ID, Status: r.Status}
}
