package stripepay

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/shopd/shopd/internal/payments/provider"
)

// ParseWebhook verifies the signature with Stripe's library and decodes the event, of any version
// of the API.
func (p *Provider) ParseWebhook(
	payload []byte, signatureHeader string, now time.Time,
) (provider.Event, error) {
	if p.webhookSecret == "" { // an empty secret would sign anything
		return provider.Event{}, fmt.Errorf(
			"%w: there is no webhook secret", provider.ErrConfiguration,
		)
	}
	event, err := webhook.ConstructEventWithOptions(
		payload,
		signatureHeader,
		p.webhookSecret,
		webhook.ConstructEventOptions{
			IgnoreTolerance:          true, // the age is checked below, by now
			IgnoreAPIVersionMismatch: true,
		},
	)
	for _, unsigned := range []error{
		webhook.ErrInvalidHeader, webhook.ErrNoValidSignature, webhook.ErrNotSigned,
	} {
		if errors.Is(err, unsigned) {
			return provider.Event{}, fmt.Errorf("%w: %w", provider.ErrBadSignature, err)
		}
	}
	if err := provider.CheckSignatureAge(signatureHeader, now); err != nil {
		return provider.Event{}, err
	}
	if err != nil {
		return provider.Event{}, fmt.Errorf("%w: %w", provider.ErrBadEvent, err)
	}
	if event.ID == "" || event.Data == nil {
		return provider.Event{}, fmt.Errorf("%w: it has no id or no data", provider.ErrBadEvent)
	}
	return read(event)
}

func read(event stripe.Event) (provider.Event, error) {
	parsed := provider.Event{
		ID:   event.ID,
		Type: provider.Other,
		At:   time.Unix(event.Created, 0).UTC(),
	}
	switch event.Type {
	case stripe.EventTypePaymentIntentSucceeded,
		stripe.EventTypePaymentIntentPaymentFailed,
		stripe.EventTypePaymentIntentCanceled:
		return readPayment(event, parsed)
	case stripe.EventTypeRefundCreated,
		stripe.EventTypeRefundUpdated,
		stripe.EventTypeRefundFailed,
		stripe.EventTypeChargeRefundUpdated:
		return readRefund(event, parsed)
	default:
		return parsed, nil
	}
}

func readPayment(event stripe.Event, parsed provider.Event) (provider.Event, error) {
	var intent stripe.PaymentIntent
	if err := json.Unmarshal(event.Data.Raw, &intent); err != nil || intent.ID == "" {
		return provider.Event{}, fmt.Errorf("%w: it holds no payment intent", provider.ErrBadEvent)
	}
	parsed.ProviderPaymentID = intent.ID
	parsed.OrderReference = intent.Metadata[orderReference]
	parsed.IdempotencyKey = intent.Metadata[idempotencyKey]
	parsed.AmountMinor, parsed.Currency = fromStripe(intent.Amount, intent.Currency)
	switch event.Type {
	case stripe.EventTypePaymentIntentSucceeded:
		parsed.Type = provider.PaymentSucceeded
		parsed.AmountMinor, _ = fromStripe(intent.AmountReceived, intent.Currency)
		return parsed, nil
	case stripe.EventTypePaymentIntentCanceled:
		parsed.DeclineCode = "canceled"
	default:
		parsed.DeclineCode = declineCode(intent.LastPaymentError)
	}
	parsed.Type, parsed.DeclineMessage = provider.PaymentFailed, provider.DeclineMessage(
		parsed.DeclineCode,
	)
	return parsed, nil
}

// readRefund sets the event's type by the status of the refund: the name of the event says less.
func readRefund(event stripe.Event, parsed provider.Event) (provider.Event, error) {
	var refund stripe.Refund
	if err := json.Unmarshal(event.Data.Raw, &refund); err != nil || refund.ID == "" {
		return provider.Event{}, fmt.Errorf("%w: it holds no refund", provider.ErrBadEvent)
	}
	parsed.ProviderRefundID, parsed.IdempotencyKey = refund.ID, refund.Metadata[idempotencyKey]
	if refund.PaymentIntent != nil {
		parsed.ProviderPaymentID = refund.PaymentIntent.ID
	}
	parsed.AmountMinor, parsed.Currency = fromStripe(refund.Amount, refund.Currency)
	switch refundResult(&refund).Status {
	case provider.RefundDone:
		parsed.Type = provider.RefundSucceeded
	case provider.RefundFailed:
		parsed.Type = provider.RefundFailure
	}
	return parsed, nil
}
