package stripepay

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
)

// failure wraps an error of the library in one of provider's. The library's error text is a whole
// response, with client secrets: only its codes, its message and Stripe's request id are used.
func (p *Provider) failure(err error) error {
	var refused *stripe.Error
	if errors.As(err, &refused) {
		return fmt.Errorf(
			"%w: Stripe answered %d %s", kind(refused), refused.HTTPStatusCode, p.describe(refused),
		)
	}
	var notSent *notSentError
	if errors.As(err, &notSent) {
		return fmt.Errorf("%w: Stripe: %w", provider.ErrUnavailable, notSent)
	}
	// A time-out, a lost connection or a response that cannot be decoded. Responses may contain
	// secrets, so only errors of the network are shown.
	var network interface {
		error
		Timeout() bool
	}
	if errors.As(err, &network) {
		return fmt.Errorf("%w: Stripe: %w", provider.ErrOutcomeUnknown, network)
	}
	return fmt.Errorf("%w: Stripe's answer could not be read", provider.ErrOutcomeUnknown)
}

func kind(e *stripe.Error) error {
	switch {
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return provider.ErrUnavailable
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		return provider.ErrConfiguration
	case e.Type == stripe.ErrorTypeIdempotency && e.HTTPStatusCode == http.StatusBadRequest:
		return provider.ErrKeyReused
	case e.HTTPStatusCode < 400, e.HTTPStatusCode >= 500, e.HTTPStatusCode == http.StatusConflict:
		// 409: the first request with this key is still running.
		return provider.ErrOutcomeUnknown
	case e.Param == "amount",
		e.Param == "currency",
		e.Code == stripe.ErrorCodeAmountTooSmall,
		e.Code == stripe.ErrorCodeAmountTooLarge:
		return provider.ErrAmount
	case e.Param == "customer",
		strings.HasPrefix(e.Param, "payment_method"),
		strings.Contains(e.Param, "token"),
		e.Code == stripe.ErrorCodePaymentMethodUnexpectedState,
		e.Code == stripe.ErrorCodeTokenAlreadyUsed:
		return provider.ErrToken
	default:
		return provider.ErrRefused
	}
}

// describe returns what may be logged of a refusal. A message about the API key repeats parts of
// the key and is left out.
func (p *Provider) describe(e *stripe.Error) string {
	parts := []string{string(e.Type), string(e.Code)}
	if e.HTTPStatusCode != http.StatusUnauthorized {
		parts = append(parts, e.Msg)
	}
	if e.RequestID != "" {
		parts = append(parts, "("+e.RequestID+")")
	}
	return strings.ReplaceAll(
		strings.Join(strings.Fields(strings.Join(parts, " ")), " "), p.key, "[key]",
	)
}

// reading is failure for a call that changes nothing, so that its outcome is never unknown.
func (p *Provider) reading(err error) error {
	failed := p.failure(err)
	if errors.Is(failed, provider.ErrOutcomeUnknown) {
		return fmt.Errorf("%w: %s", provider.ErrUnavailable, failed.Error())
	}
	return failed
}

// declined returns the card error that err is, if it is one.
func declined(err error) (refused *stripe.Error, ok bool) {
	if !errors.As(err, &refused) {
		return nil, false
	}
	return refused, refused.Type == stripe.ErrorTypeCard &&
		refused.HTTPStatusCode == http.StatusPaymentRequired
}

// declineCode returns the bank's reason if it gave one, else Stripe's.
func declineCode(e *stripe.Error) string {
	switch {
	case e == nil:
		return "card_declined"
	case e.DeclineCode != "":
		return string(e.DeclineCode)
	case e.Code != "":
		return string(e.Code)
	default:
		return "card_declined"
	}
}
