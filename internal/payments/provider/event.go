package provider

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/platform/money"
)

// EventType is what a webhook reports.
type EventType string

// The types of an Event. Other is everything that the shop has no use for: it is acknowledged and
// dropped.
const (
	PaymentSucceeded EventType = "payment_succeeded"
	PaymentFailed    EventType = "payment_failed"
	RefundSucceeded  EventType = "refund_succeeded"
	RefundFailure    EventType = "refund_failed"
	Other            EventType = "other"
)

// Event is a webhook with a valid signature. The amount and the currency are the provider's:
// compare them with what the shop asked for before trusting the event.
type Event struct {
	ID                string // the same in every delivery of the event
	Type              EventType
	ProviderPaymentID string
	ProviderRefundID  string // of refund events
	OrderReference    string // as given to Charge; may be empty in refund events
	// as given to Charge or Refund; empty if another tool made the payment or refund
	IdempotencyKey string
	AmountMinor    int64 // of the payment, or of the refund
	Currency       money.Currency
	DeclineCode    string // of PaymentFailed
	DeclineMessage string // for customers
	At             time.Time
}

// SignatureTolerance is how old, or how far ahead, a webhook's signature may be.
const SignatureTolerance = 5 * time.Minute

// CheckSignatureAge reads the time of a signature header of the form "t=<unix seconds>,v1=<hex>".
// It returns ErrBadSignature unless it is within SignatureTolerance of now. It does not verify the
// signature.
func CheckSignatureAge(header string, now time.Time) error {
	signed := int64(0)
	for part := range strings.SplitSeq(header, ",") {
		text, ok := strings.CutPrefix(part, "t=")
		if !ok {
			continue
		}
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return ErrBadSignature
		}
		signed = seconds // the last one is what the signature covers
	}
	if age := now.Sub(time.Unix(signed, 0)); age > SignatureTolerance || age < -SignatureTolerance {
		return ErrBadSignature
	}
	return nil
}
