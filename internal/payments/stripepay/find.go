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

const (
	// A charge is looked for within this time before and after its attempt: clocks differ, and
	// requests take time.
	lookBefore = 5 * time.Minute
	lookAfter  = 10 * time.Minute
	// maxIntents bounds how many payment intents are read.
	maxIntents = 10_000
)

// Find reads the payment intent by its id, or goes through the payment intents created around the
// time of the attempt. Stripe's search would be shorter, but lags behind: a charge that it does not
// show yet would be made twice.
func (p *Provider) Find(
	ctx context.Context, request provider.FindRequest,
) (best provider.Result, found bool, err error) {
	if err := request.Check(); err != nil {
		return provider.Result{}, false, err
	}
	if request.ProviderPaymentID != "" {
		return p.retrieve(ctx, request.ProviderPaymentID)
	}
	params := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: request.AttemptedAt.Add(-lookBefore).Unix(),
		LesserThanOrEqual:  request.AttemptedAt.Add(lookAfter).Unix(),
	}}
	seen := 0
	for intent, err := range list(ctx, p, "/v1/payment_intents", params, intentID) {
		if err != nil {
			return provider.Result{}, false, p.reading(err)
		}
		if seen++; seen > maxIntents {
			return provider.Result{}, false, fmt.Errorf(
				"%w: Stripe has too many payments of that time to look through",
				provider.ErrUnavailable,
			)
		}
		if request.IdempotencyKey != "" {
			if intent.Metadata[idempotencyKey] == request.IdempotencyKey {
				return result(intent, time.Now()), true, nil
			}
			continue
		}
		if intent.Metadata[orderReference] != request.OrderReference {
			continue
		}
		if r := result(intent, time.Now()); !found || rank(r) > rank(best) { // newest first
			best, found = r, true
		}
	}
	return best, found, nil
}

func intentID(intent *stripe.PaymentIntent) string { return intent.ID }

// rank orders the charges of an order: the one with the highest rank is found.
func rank(r provider.Result) int {
	switch r.Status {
	case provider.Succeeded:
		return 2
	case provider.Pending:
		return 1
	default:
		return 0
	}
}

func (p *Provider) retrieve(ctx context.Context, id string) (provider.Result, bool, error) {
	intent := &stripe.PaymentIntent{}
	err := p.call(
		ctx, http.MethodGet, stripe.FormatURLPath("/v1/payment_intents/%s", id),
		&stripe.PaymentIntentRetrieveParams{}, intent,
	)
	if missing(err) {
		return provider.Result{}, false, nil
	}
	if err != nil {
		return provider.Result{}, false, p.reading(err)
	}
	if intent.ID == "" {
		return provider.Result{}, false, fmt.Errorf(
			"%w: Stripe's answer holds no payment", provider.ErrUnavailable,
		)
	}
	return result(intent, time.Now()), true, nil
}

// missing reports whether Stripe has no such object.
func missing(err error) bool {
	var refused *stripe.Error
	return errors.As(err, &refused) && refused.HTTPStatusCode == http.StatusNotFound &&
		refused.Code == stripe.ErrorCodeResourceMissing
}
