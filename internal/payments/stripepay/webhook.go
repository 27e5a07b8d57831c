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

// ParseWebhook lets Stripe's library check the signature and reads the event, of whatever version
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
			IgnoreTolerance:          true, // the library asks the wall clock; the age is checked below
			IgnoreAPIVersionMismatch: true,
		},
	)
	for _, unsigned := range []error{webhook.ErrInvalidHeader, webhook.ErrNoValidSignature, webhook.ErrNotSigned} {
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
	told := provider.Event{
		ID:   event.ID,
		Type: provider.Other,
		At:   time.Unix(event.Created, 0).UTC(),
	}
	switch event.Type {
	case stripe.EventTypePaymentIntentSucceeded,
		stripe.EventTypePaymentIntentPaymentFailed,
		stripe.EventTypePaymentIntentCanceled:
		return readPayment(event, told)
	case stripe.EventTypeRefundCreated,
		stripe.EventTypeRefundUpdated,
		stripe.EventTypeRefundFailed,
		stripe.EventTypeChargeRefundUpdated:
		return readRefund(event, told)
	default:
		return told, nil
	}
}

func readPayment(event stripe.Event, told provider.Event) (provider.Event, error) {
	var intent stripe.PaymentIntent
	if err := json.Unmarshal(event.Data.Raw, &intent); err != nil || intent.ID == "" {
		return provider.Event{}, fmt.Errorf("%w: it holds no payment intent", provider.ErrBadEvent)
	}
	told.ProviderPaymentID = intent.ID
	told.OrderReference, told.IdempotencyKey = intent.Metadata[orderReference], intent.Metadata[idempotencyKey]
	told.AmountMinor, told.Currency = fromStripe(intent.Amount, intent.Currency)
	switch event.Type {
	case stripe.EventTypePaymentIntentSucceeded:
		told.Type = provider.PaymentSucceeded
		told.AmountMinor, _ = fromStripe(intent.AmountReceived, intent.Currency)
		return told, nil
	case stripe.EventTypePaymentIntentCanceled:
		told.DeclineCode = "canceled"
	default:
		told.DeclineCode = declineCode(intent.LastPaymentError)
	}
	told.Type, told.DeclineMessage = provider.PaymentFailed, provider.DeclineMessage(
		told.DeclineCode,
	)
	return told, nil
}

// readRefund goes by the refund's status: what the event is called says less.
func readRefund(event stripe.Event, told provider.Event) (provider.Event, error) {
	var refund stripe.Refund
	if err := json.Unmarshal(event.Data.Raw, &refund); err != nil || refund.ID == "" {
		return provider.Event{}, fmt.Errorf("%w: it holds no refund", provider.ErrBadEvent)
	}
	told.ProviderRefundID, told.IdempotencyKey = refund.ID, refund.Metadata[idempotencyKey]
	if refund.PaymentIntent != nil {
		told.ProviderPaymentID = refund.PaymentIntent.ID
	}
	told.AmountMinor, told.Currency = fromStripe(refund.Amount, refund.Currency)
	switch refundResult(&refund).Status {
	case provider.RefundDone:
		told.Type = provider.RefundSucceeded
	case provider.RefundFailed:
		told.Type = provider.RefundFailure
	}
	return told, nil
}
