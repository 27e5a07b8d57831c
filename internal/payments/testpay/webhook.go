package testpay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// message is a webhook's payload. It is signed as Stripe signs and checked with Stripe's code.
type message struct {
	ID                string             `json:"id"`
	Type              provider.EventType `json:"type"`
	ProviderPaymentID string             `json:"payment"`
	ProviderRefundID  string             `json:"refund,omitempty"`
	OrderReference    string             `json:"order_reference"`
	IdempotencyKey    string             `json:"idempotency_key"`
	AmountMinor       int64              `json:"amount_minor"`
	Currency          money.Currency     `json:"currency"`
	DeclineCode       string             `json:"decline_code,omitempty"`
	Created           int64              `json:"created"` // Unix seconds
}

// message returns the webhook of a charge's outcome; ok is false while it has none.
func (c Charge) message(now time.Time) (m message, ok bool) {
	c = c.asOf(now)
	m = message{
		ID:                "evt_" + c.ID + "_" + string(c.Status),
		ProviderPaymentID: c.ID,
		OrderReference:    c.OrderReference,
		IdempotencyKey:    c.IdempotencyKey,
		AmountMinor:       c.AmountMinor,
		Currency:          c.Currency,
		Created:           now.Unix(),
	}
	switch c.Status {
	case provider.Succeeded:
		m.Type = provider.PaymentSucceeded
	case provider.Declined:
		m.Type, m.DeclineCode = provider.PaymentFailed, c.DeclineCode
	default:
		return message{}, false
	}
	return m, true
}

// message returns the webhook of a refund's outcome; ok is false while it has none.
func (r Refund) message(charge Charge, now time.Time) (m message, ok bool) {
	m = message{
		ID:                "evt_" + r.ID + "_" + string(r.Status),
		ProviderPaymentID: r.ProviderPaymentID,
		ProviderRefundID:  r.ID,
		OrderReference:    charge.OrderReference,
		IdempotencyKey:    r.IdempotencyKey,
		AmountMinor:       r.AmountMinor,
		Currency:          r.Currency,
		Created:           now.Unix(),
	}
	switch r.Status {
	case provider.RefundDone:
		m.Type = provider.RefundSucceeded
	case provider.RefundFailed:
		m.Type = provider.RefundFailure
	default:
		return message{}, false
	}
	return m, true
}

// deliver delivers the webhook of an outcome, twice if the token says so.
func (p *Provider) tell(what behaviour, build func(now time.Time) (message, bool)) {
	if p.options.Deliver == nil || p.options.WebhookSecret == "" {
		return
	}
	m, ok := build(p.options.Now())
	if !ok {
		return
	}
	payload, header, err := p.sign(m)
	if err != nil {
		return // a struct of strings and numbers is always JSON
	}
	p.options.Deliver(payload, header)
	if what.twice {
		p.options.Deliver(payload, header)
	}
}

func (p *Provider) sign(m message) (payload []byte, header string, err error) {
	payload, err = json.Marshal(m)
	if err != nil {
		return nil, "", err
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: payload, Secret: p.options.WebhookSecret, Timestamp: p.options.Now(),
	})
	return payload, signed.Header, nil
}

// Webhook returns the webhook of a payment or refund in its latest state, signed now, to be sent by
// hand. Its ID is the same each time. It returns ErrRefused if there is no such payment or refund,
// or it is still pending.
func (p *Provider) Webhook(
	_ context.Context, id string,
) (payload []byte, signatureHeader string, err error) {
	if p.options.WebhookSecret == "" {
		return nil, "", fmt.Errorf("%w: there is no webhook secret", provider.ErrConfiguration)
	}
	var m message
	known := false
	now := p.options.Now()
	err = p.ledger.read(func(b *book) {
		if charge, ok := b.charges[id]; ok {
			m, known = charge.message(now)
		} else if refund, ok := b.refunds[id]; ok {
			m, known = refund.message(b.charges[refund.ProviderPaymentID], now)
		}
	})
	if err != nil {
		return nil, "", err
	}
	if !known {
		return nil, "", fmt.Errorf("%w: nothing has become of %s", provider.ErrRefused, id)
	}
	return p.sign(m)
}

// ParseWebhook verifies the signature as Stripe's library does, and decodes the payload.
func (p *Provider) ParseWebhook(
	payload []byte, signatureHeader string, now time.Time,
) (provider.Event, error) {
	if p.options.WebhookSecret == "" { // an empty secret would sign anything
		return provider.Event{}, fmt.Errorf(
			"%w: there is no webhook secret", provider.ErrConfiguration,
		)
	}
	if err := webhook.ValidatePayloadIgnoringTolerance(
		payload, signatureHeader, p.options.WebhookSecret,
	); err != nil {
		return provider.Event{}, fmt.Errorf("%w: %w", provider.ErrBadSignature, err)
	}
	if err := provider.CheckSignatureAge(signatureHeader, now); err != nil {
		return provider.Event{}, err
	}
	var m message
	if err := json.Unmarshal(payload, &m); err != nil {
		return provider.Event{}, fmt.Errorf("%w: %w", provider.ErrBadEvent, err)
	}
	if m.ID == "" {
		return provider.Event{}, fmt.Errorf("%w: it has no id", provider.ErrBadEvent)
	}
	event := provider.Event{
		ID:                m.ID,
		Type:              m.Type,
		ProviderPaymentID: m.ProviderPaymentID,
		ProviderRefundID:  m.ProviderRefundID,
		OrderReference:    m.OrderReference,
		IdempotencyKey:    m.IdempotencyKey,
		AmountMinor:       m.AmountMinor,
		Currency:          m.Currency,
		DeclineCode:       m.DeclineCode,
		At:                time.Unix(m.Created, 0).UTC(),
	}
	switch m.Type {
	case provider.PaymentSucceeded, provider.RefundSucceeded, provider.RefundFailure:
	case provider.PaymentFailed:
		event.DeclineMessage = provider.DeclineMessage(m.DeclineCode)
	default:
		event.Type = provider.Other
	}
	return event, nil
}
