package provider

import (
	"errors"
	"fmt"
)

// The errors of a Provider; test for them with errors.Is. None of their texts holds a key, a token
// or a card number.
var (
	// ErrOutcomeUnknown: the request may have arrived, but its outcome is not known (time-out, lost
	// connection, a 5xx response). Nothing may be charged again before Find, or the same call with
	// the same key, says how it ended.
	ErrOutcomeUnknown = errors.New("the outcome of the request to the payment provider is unknown")
	// ErrUnavailable: the provider could not be reached or refused for now (429). This call surely
	// did nothing. An earlier one with the same key, whose outcome is unknown, may have.
	ErrUnavailable = errors.New("the payment provider is not available")
	// ErrConfiguration: the shop's key, secret or account at the provider is wrong. Nothing
	// happened. An administrator must correct it.
	ErrConfiguration = errors.New("the payment provider is not set up correctly")
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
	// ErrBadSignature: a webhook without a valid signature that is at most SignatureTolerance old.
	ErrBadSignature = errors.New("the webhook's signature is not valid or too old")
	// ErrBadEvent: a webhook with a valid signature that cannot be decoded.
	ErrBadEvent = errors.New("the webhook cannot be decoded")
)

// DeclinedError reports that a payment method was not saved because its bank declined it.
type DeclinedError struct {
	Code    string
	Message string // for customers
}

// Error returns the code. The message for customers is a field of its own.
func (e *DeclinedError) Error() string { return "declined: " + e.Code }

// maxName is the longest key or reference, in bytes. Providers take 255 characters, and
// implementations may append to it.
const maxName = 200

// Check validates a request before it is sent. It returns ErrCardNumber, ErrAmount, or ErrRefused
// if something is missing.
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

// Check validates a request before it is sent. It returns ErrAmount, or ErrRefused if something is
// missing.
func (r RefundRequest) Check() error {
	if r.AmountMinor < 1 {
		return fmt.Errorf("%w: it must be at least 1 minor unit", ErrAmount)
	}
	if !named(r.IdempotencyKey) || r.ProviderPaymentID == "" || r.Currency == "" {
		return fmt.Errorf("%w: an idempotency key, a payment and a currency are needed", ErrRefused)
	}
	return nil
}

// Check returns ErrRefused for a request that names no charge, or has no time to look around.
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
