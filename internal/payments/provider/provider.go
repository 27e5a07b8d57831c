// Package provider is what the shop asks of a payment provider: the one interface, its types and
// its errors. Implementations are testpay (development and tests) and stripepay. The package owns
// no state.
//
// The rule behind all of it: money moves at a provider, not in the shop's database, so every call
// says whether it surely did nothing (ErrUnavailable and the errors of a wrong request), surely did
// something (a result) or may have done something (ErrOutcomeUnknown, to be cleared up with Find or
// by the same call with the same key).
package provider

import (
	"context"
	"time"

	"github.com/shopd/shopd/internal/platform/money"
)

// A Provider takes payments and gives them back. Implementations are safe for concurrent use, make
// no call of their own in the background and do not try again after a failure: when to do that is
// the caller's to say.
type Provider interface {
	// Name is the provider's name as payments are kept under it: "test" or "stripe".
	Name() string

	// Charge takes the money at once. A declined payment is a Result, not an error. The same
	// IdempotencyKey gives the first call's result without a second charge; with another amount,
	// currency or order it is ErrKeyReused.
	Charge(ctx context.Context, request ChargeRequest) (Result, error)

	// Find tells what became of a charge whose outcome was never heard; it never charges. found is
	// false if the provider knows no such charge, which is final only FindGrace after the attempt:
	// the request may still be on its way.
	Find(ctx context.Context, request FindRequest) (result Result, found bool, err error)

	// Refund gives back a part of a payment or all of it. The same IdempotencyKey gives the first
	// call's refund without a second one, so a refund that ended in ErrOutcomeUnknown is simply
	// asked for again with its key. Refunding more than is left of the payment is ErrRefused.
	Refund(ctx context.Context, request RefundRequest) (RefundResult, error)

	// SaveMethod keeps the payment method behind a one-time token for later charges.
	// customerReference is the shop's name for the customer (at most 200 characters, no personal
	// data); providerCustomerID is empty the first time and afterwards what the first Method said.
	// A card that the bank declines is a *DeclinedError.
	SaveMethod(
		ctx context.Context, customerReference, providerCustomerID, token string,
	) (Method, error)

	// RemoveMethod forgets a saved method. One that is gone already is no error.
	RemoveMethod(ctx context.Context, method SavedMethod) error

	// ParseWebhook checks that the provider sent exactly this payload at most SignatureTolerance
	// ago and reads it. payload must be the raw body. Events come more than once and in any order;
	// ID tells repetitions. The errors are ErrBadSignature, ErrBadEvent and ErrConfiguration (no
	// webhook secret).
	ParseWebhook(payload []byte, signatureHeader string, now time.Time) (Event, error)
}

// FindGrace is how long after an attempt Find's "not found" is not yet final.
const FindGrace = 2 * time.Minute

// Status is what became of a charge.
type Status string

// The statuses of a charge.
const (
	Succeeded Status = "succeeded" // the money is taken
	Declined  Status = "declined"  // no money was taken and none will be
	Pending   Status = "pending"   // not decided yet; a webhook or Find tells
)

// ChargeRequest asks for a payment with either a Token or a SavedMethod.
type ChargeRequest struct {
	IdempotencyKey string         // names this attempt for ever; 1 to 200 characters
	AmountMinor    int64          // in the currency's minor units, at least 1
	Currency       money.Currency // ISO 4217
	OrderReference string         // what the shop calls the order; 1 to 200 characters
	Token          string         // a payment method token of the provider, never a card number
	SavedMethod    SavedMethod    // instead of Token: a method kept by SaveMethod
	Description    string         // for the provider's own pages; may be empty
}

// SavedMethod names a method kept at the provider.
type SavedMethod struct {
	ProviderMethodID   string
	ProviderCustomerID string
}

// Result is the outcome of a charge.
type Result struct {
	ProviderPaymentID string // the provider's name of the payment; may be empty if Declined
	Status            Status
	DeclineCode       string // why it was declined, such as insufficient_funds; for staff, as it may name a stolen card
	DeclineMessage    string // what the customer may be told of it, without secrets; both are empty unless Declined
	AmountMinor       int64  // what the provider says it was asked for; 0 if it did not say
	Currency          money.Currency
}

// FindRequest names the charge to find. ProviderPaymentID is enough where it is known; otherwise
// the key or, weaker, the order is looked for among the payments made around AttemptedAt. Of
// several charges of an order the one that succeeded is found first, then one that is pending.
type FindRequest struct {
	ProviderPaymentID string
	IdempotencyKey    string
	OrderReference    string
	AttemptedAt       time.Time // when Charge was called; required without a ProviderPaymentID
}

// RefundStatus is what became of a refund.
type RefundStatus string

// The statuses of a refund.
const (
	RefundDone    RefundStatus = "succeeded"
	RefundPending RefundStatus = "pending"
	RefundFailed  RefundStatus = "failed"
)

// RefundRequest asks for AmountMinor of a payment back.
type RefundRequest struct {
	IdempotencyKey    string // names this refund for ever; 1 to 200 characters
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

// Method describes a saved payment method to people.
type Method struct {
	ProviderMethodID   string
	ProviderCustomerID string
	Brand              string // such as visa
	LastFour           string
	ExpMonth           int // 1 to 12; 0 if it does not expire
	ExpYear            int // four digits; 0 if it does not expire
}
