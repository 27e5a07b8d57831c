// Package provider defines the interface of a payment provider, with its types and errors.
// Implementations are testpay (development and tests) and stripepay. The package owns no state.
//
// Money moves at the provider, not in the shop's database. Every call therefore says whether it
// surely did nothing (ErrUnavailable and the errors of a wrong request), surely did something (a
// result) or may have done something (ErrOutcomeUnknown, which Find or the same call with the same
// key resolves).
package provider

import (
	"context"
	"time"

	"github.com/shopd/shopd/internal/platform/money"
)

// A Provider charges and refunds. Implementations are safe for concurrent use, make no calls in the
// background and do not retry after a failure: the caller decides when to retry.
type Provider interface {
	// Name returns the provider's name as payments store it: "test" or "stripe".
	Name() string

	// Charge takes the money at once. A declined payment is a Result, not an error. The same
	// IdempotencyKey returns the first call's result without a second charge. With another amount,
	// currency or order it returns ErrKeyReused.
	Charge(ctx context.Context, request ChargeRequest) (Result, error)

	// Find returns the outcome of a charge whose response was lost. It never charges. found is
	// false if the provider has no such charge, which is final only FindGrace after the attempt:
	// the request may still be on its way.
	Find(ctx context.Context, request FindRequest) (result Result, found bool, err error)

	// Refund refunds a part of a payment or all of it. The same IdempotencyKey returns the first
	// call's refund without a second one: a refund that ended in ErrOutcomeUnknown is simply sent
	// again with its key. Refunding more than is left of the payment returns ErrRefused.
	Refund(ctx context.Context, request RefundRequest) (RefundResult, error)

	// SaveMethod saves the payment method behind a one-time token for later charges.
	// customerReference is the shop's name of the customer (at most 200 characters, no personal
	// data). providerCustomerID is empty the first time, and afterwards that of the first Method. A
	// card that the bank declines is a *DeclinedError.
	SaveMethod(
		ctx context.Context, customerReference, providerCustomerID, token string,
	) (Method, error)

	// RemoveMethod removes a saved method. One that is removed already is no error.
	RemoveMethod(ctx context.Context, method SavedMethod) error

	// ParseWebhook verifies that the provider sent exactly this payload at most SignatureTolerance
	// ago, and decodes it. payload must be the raw body. Events are delivered more than once and in
	// any order; all deliveries of one have the same ID. The errors are ErrBadSignature,
	// ErrBadEvent and ErrConfiguration (no webhook secret).
	ParseWebhook(payload []byte, signatureHeader string, now time.Time) (Event, error)
}

// FindGrace is the time after an attempt during which Find's "not found" is not final.
const FindGrace = 2 * time.Minute

// Status is the outcome of a charge.
type Status string

// The statuses of a charge.
const (
	Succeeded Status = "succeeded" // the money is taken
	Declined  Status = "declined"  // no money was taken and none will be
	Pending   Status = "pending"   // not decided yet: a webhook will come, or ask Find
)

// ChargeRequest asks for a payment with either a Token or a SavedMethod.
type ChargeRequest struct {
	IdempotencyKey string         // names this attempt; never reused; 1 to 200 characters
	AmountMinor    int64          // in the currency's minor units, at least 1
	Currency       money.Currency // ISO 4217
	OrderReference string         // the shop's name of the order; 1 to 200 characters
	Token          string         // a payment method token of the provider, never a card number
	SavedMethod    SavedMethod    // instead of Token: a method of SaveMethod
	Description    string         // for the provider's own pages; may be empty
}

// SavedMethod names a method that is saved at the provider.
type SavedMethod struct {
	ProviderMethodID   string
	ProviderCustomerID string
}

// Result is the outcome of a charge.
type Result struct {
	ProviderPaymentID string // the provider's name of the payment; may be empty if Declined
	Status            Status
	// DeclineCode says why it was declined, such as insufficient_funds. It is for staff, as it may
	// say that a card is stolen. DeclineMessage is for the customer. Both are empty unless
	// Declined.
	DeclineCode    string
	DeclineMessage string
	AmountMinor    int64 // what the provider says it was asked for; 0 if it did not say
	Currency       money.Currency
}

// FindRequest names the charge to find. ProviderPaymentID is enough where it is known. Otherwise
// the key or, less surely, the order is looked for among the payments made around AttemptedAt. Of
// several charges of an order, Find returns one that succeeded, else one that is pending.
type FindRequest struct {
	ProviderPaymentID string
	IdempotencyKey    string
	OrderReference    string
	AttemptedAt       time.Time // when Charge was called; required without a ProviderPaymentID
}

// RefundStatus is the outcome of a refund.
type RefundStatus string

// The statuses of a refund.
const (
	RefundDone    RefundStatus = "succeeded"
	RefundPending RefundStatus = "pending"
	RefundFailed  RefundStatus = "failed"
)

// RefundRequest asks to refund AmountMinor of a payment.
type RefundRequest struct {
	IdempotencyKey    string // names this refund; never reused; 1 to 200 characters
	ProviderPaymentID string
	AmountMinor       int64 // at least 1, at most what is left of the payment
	Currency          money.Currency
	Reason            string // for the provider's own pages; may be empty
}

// RefundResult is the outcome of a refund.
type RefundResult struct {
	ProviderRefundID string
	Status           RefundStatus
}

// Method describes a saved payment method.
type Method struct {
	ProviderMethodID   string
	ProviderCustomerID string
	Brand              string // such as visa
	LastFour           string
	ExpMonth           int // 1 to 12; 0 if it does not expire
	ExpYear            int // four digits; 0 if it does not expire
}
