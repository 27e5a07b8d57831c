package stripepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
)

// Charge creates a payment intent and confirms it in the same request. It first creates a payment
// method from a card token. A card whose bank wants the customer to confirm the payment in a
// browser is declined with the code authentication_required.
func (p *Provider) Charge(
	ctx context.Context, request provider.ChargeRequest,
) (provider.Result, error) {
	if err := request.Check(); err != nil {
		return provider.Result{}, err
	}
	amount, err := toStripe(request.AmountMinor, request.Currency)
	if err != nil {
		return provider.Result{}, err
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount:   stripe.Int64(amount),
		Currency: stripeCurrency(request.Currency),
		Confirm:  stripe.Bool(true),
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{
			Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never"),
		},
		Metadata: map[string]string{
			orderReference: request.OrderReference,
			idempotencyKey: request.IdempotencyKey,
		},
	}
	params.SetIdempotencyKey(request.IdempotencyKey)
	if request.Description != "" {
		params.Description = stripe.String(request.Description)
	}
	if saved := request.SavedMethod; saved.ProviderMethodID != "" {
		params.PaymentMethod = stripe.String(saved.ProviderMethodID)
		params.Customer = stripe.String(saved.ProviderCustomerID)
		// declines at once what the customer would have to confirm
		params.OffSession = stripe.Bool(true)
	} else {
		method, err := p.methodOf(ctx, request.Token, request.IdempotencyKey+":method")
		if refused, ok := declined(err); ok {
			return refusal(refused, request), nil
		}
		if errors.Is(err, errToken) {
			return provider.Result{}, err
		}
		if err != nil {
			return provider.Result{}, p.reading(err) // no money moves yet
		}
		params.PaymentMethod = stripe.String(method)
		params.ErrorOnRequiresAction = stripe.Bool(true)
	}
	intent := &stripe.PaymentIntent{}
	err = p.call(ctx, http.MethodPost, "/v1/payment_intents", params, intent)
	if refused, ok := declined(err); ok {
		return refusal(refused, request), nil
	}
	if err != nil {
		return provider.Result{}, p.failure(err)
	}
	if intent.ID == "" {
		return provider.Result{}, fmt.Errorf(
			"%w: Stripe's answer holds no payment", provider.ErrOutcomeUnknown,
		)
	}
	return result(intent, time.Now()), nil
}

// refusal returns the Result of a card error.
func refusal(refused *stripe.Error, request provider.ChargeRequest) provider.Result {
	code := declineCode(refused)
	declined := provider.Result{
		Status: provider.Declined, DeclineCode: code, DeclineMessage: provider.DeclineMessage(code),
		AmountMinor: request.AmountMinor, Currency: request.Currency,
	}
	if refused.PaymentIntent != nil {
		declined.ProviderPaymentID = refused.PaymentIntent.ID
	}
	return declined
}

// result converts a payment intent. Only Charge confirms intents: one that still waits for a
// method, or for the customer, will take no money.
func result(intent *stripe.PaymentIntent, now time.Time) provider.Result {
	r := provider.Result{ProviderPaymentID: intent.ID, Status: provider.Pending}
	r.AmountMinor, r.Currency = fromStripe(intent.Amount, intent.Currency)
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		r.Status = provider.Succeeded
		r.AmountMinor, r.Currency = fromStripe(intent.AmountReceived, intent.Currency)
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		r.Status, r.DeclineCode = provider.Declined, declineCode(intent.LastPaymentError)
	case stripe.PaymentIntentStatusRequiresAction:
		r.Status, r.DeclineCode = provider.Declined, "authentication_required"
	case stripe.PaymentIntentStatusCanceled:
		r.Status, r.DeclineCode = provider.Declined, "canceled"
	case stripe.PaymentIntentStatusRequiresConfirmation: // Stripe failed half-way, or is at work
		if now.Sub(time.Unix(intent.Created, 0)) > provider.FindGrace {
			r.Status, r.DeclineCode = provider.Declined, "processing_error"
		}
	}
	if r.Status == provider.Declined {
		r.DeclineMessage = provider.DeclineMessage(r.DeclineCode)
	}
	return r
}
