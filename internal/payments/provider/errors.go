package provider

import (
	"errors"
	"fmt"
)

// The errors of a Provider; test for them with errors.Is. None of their texts holds a key, a token
// or a card number.
var (
	// ErrOutcomeUnknown: the request may have arrived, and what came of it is not known (time-out,
	// lost connection, a 5xx answer). Nothing may be charged anew before Find, or the same call
	// with the same key, has told.
	ErrOutcomeUnknown = errors.New("the payment provider did not say what became of the request")
	// ErrUnavailable: the provider could not be reached or refused for now (429). Surely this call
	// did nothing; an earlier one with the same key, whose outcome is unknown, may have.
	ErrUnavailable = errors.New("the payment provider is not available")
	// ErrConfiguration: the shop's key, secret or account at the provider is wrong. Nothing
	// happened; an administrator has to see to it.
	ErrConfiguration = errors.New("the payment provider is not set up rightly")
	// ErrKeyReused: the idempotency key was used for something else. Nothing happened.
	ErrKeyReused = errors.New("the idempotency key was used for another request")
	// ErrAmount: the provider cannot take this amount in this currency, such as less than its
	// least. Nothing happened.
	ErrAmount = errors.New("the payment provider does not take this amount")
	// ErrToken: the token or saved method is unknown, spent or of another account. Nothing
	// happened.
	ErrToken = errors.New("the payment method is not known to the payment provider")
	// ErrCardNumber: the token looks like a card number; it was not sent anywhere.
	ErrCardNumber = errors.New("a card number is not a payment token")
	// ErrRefused: the provider refuses the request for good, such as a refund of more than is left.
	// Nothing happened.
	ErrRefused = errors.New("the payment provider refuses the request")
	// ErrBadSignature: a webhook without a right signature that is at most SignatureTolerance old.
	ErrBadSignature = errors.New("the webhook's signature is not right or too old")
	// ErrBadEvent: a rightly signed webhook that cannot be read.
	ErrBadEvent = errors.New("the webhook cannot be read")
)

// DeclinedError is a payment method that could not be saved because its bank declined it.
type DeclinedError struct {
	Code    string
	Message string // for people
}

// Error is the code: the message for people is a field of its own.
func (e *DeclinedError) Error() string { return "declined: " + e.Code }

// maxName is the longest key or reference: providers take 255 characters, and implementations may
// add to it.
const maxName = 200

// Check refuses a request that no provider may get: ErrCardNumber, ErrAmount, or ErrRefused for one
// that is not complete.
func (r ChargeRequest) Check() error {
	if LooksLikeCardNumber(r.Token) {
		return ErrCardNumber
	}
	if r.AmountMinor < 1 {
		return fmt.Errorf("%w: it must be at least 1 minor unit", ErrAmount)
	}
	if !named(r.IdempotencyKey) || !named(r.OrderReference) || r.Currency == "" {
		return fmt.Errorf(
			"%w: an idempotency key, an order reference and a currency are needed", ErrRefused,
		)
	}
	saved := r.SavedMethod.ProviderMethodID != ""
	if saved == (r.Token != "") {
		return fmt.Errorf("%w: either a token or a saved method is needed", ErrRefused)
	}
	return nil
}

// Check refuses a request that no provider may get: ErrAmount, or ErrRefused for one that is not
// complete.
func (r RefundRequest) Check() error {
	if r.AmountMinor < 1 {
		return fmt.Errorf("%w: it must be at least 1 minor unit", ErrAmount)
	}
	if !named(r.IdempotencyKey) || r.ProviderPaymentID == "" || r.Currency == "" {
		return fmt.Errorf("%w: an idempotency key, a payment and a currency are needed", ErrRefused)
	}
	return nil
}

// Check refuses a request that names nothing, or without a time to look around.
func (r FindRequest) Check() error {
	if r.ProviderPaymentID != "" {
		return nil
	}
	if r.IdempotencyKey == "" && r.OrderReference == "" || r.AttemptedAt.IsZero() {
		return fmt.Errorf(
			"%w: a payment, or a key or an order with the time of the attempt, is needed",
			ErrRefused,
		)
	}
	return nil
}

func named(text string) bool { return text != "" && len(text) <= maxName }
