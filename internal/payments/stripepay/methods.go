package stripepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
)

// SaveMethod attaches a payment method to the customer. It creates the method if the token is a
// card token, and the customer at Stripe the first time.
func (p *Provider) SaveMethod(
	ctx context.Context, reference, providerCustomerID, token string,
) (provider.Method, error) {
	if provider.LooksLikeCardNumber(token) {
		return provider.Method{}, provider.ErrCardNumber
	}
	if token == "" || reference == "" {
		return provider.Method{}, fmt.Errorf(
			"%w: a customer and a token are needed", provider.ErrRefused,
		)
	}
	methodID, err := p.methodOf(ctx, token, "")
	if err != nil {
		return provider.Method{}, p.savingFailed(err)
	}
	if providerCustomerID == "" {
		params := &stripe.CustomerCreateParams{
			Metadata: map[string]string{customerReference: reference},
		}
		params.SetIdempotencyKey("customer:" + reference)
		customer := &stripe.Customer{}
		if err := p.call(ctx, http.MethodPost, "/v1/customers", params, customer); err != nil {
			return provider.Method{}, p.failure(err)
		}
		if customer.ID == "" {
			return provider.Method{}, fmt.Errorf(
				"%w: Stripe's answer holds no customer", provider.ErrOutcomeUnknown,
			)
		}
		providerCustomerID = customer.ID
	}
	method := &stripe.PaymentMethod{}
	path := stripe.FormatURLPath("/v1/payment_methods/%s/attach", methodID)
	params := &stripe.PaymentMethodAttachParams{Customer: stripe.String(providerCustomerID)}
	if err := p.call(ctx, http.MethodPost, path, params, method); err != nil {
		return provider.Method{}, p.savingFailed(err)
	}
	if method.ID == "" {
		return provider.Method{}, fmt.Errorf(
			"%w: Stripe's answer holds no payment method", provider.ErrOutcomeUnknown,
		)
	}
	saved := provider.Method{
		ProviderMethodID:   method.ID,
		ProviderCustomerID: providerCustomerID,
		Brand:              string(method.Type),
	}
	if card := method.Card; card != nil {
		saved.Brand, saved.LastFour = string(card.Brand), card.Last4
		saved.ExpMonth, saved.ExpYear = int(card.ExpMonth), int(card.ExpYear)
	}
	return saved, nil
}

// methodOf returns the id of the payment method behind a token: the token itself, or a method
// created from one of Stripe's older card tokens (tok_...). The key may be empty.
func (p *Provider) methodOf(ctx context.Context, token, key string) (string, error) {
	if !wellFormed.MatchString(token) {
		return "", errToken
	}
	if !strings.HasPrefix(token, "tok_") {
		return token, nil
	}
	params := &stripe.PaymentMethodCreateParams{
		Type: stripe.String("card"),
		Card: &stripe.PaymentMethodCreateCardParams{Token: stripe.String(token)},
	}
	if key != "" {
		params.SetIdempotencyKey(key)
	}
	method := &stripe.PaymentMethod{}
	if err := p.call(ctx, http.MethodPost, "/v1/payment_methods", params, method); err != nil {
		return "", err
	}
	if method.ID == "" {
		return "", errNoMethod
	}
	return method.ID, nil
}

// wellFormed matches Stripe's ids. A token comes from a customer and becomes a part of a URL.
var wellFormed = regexp.MustCompile(`^[a-z]+_[A-Za-z0-9_]{1,200}$`)

var (
	errToken    = fmt.Errorf("%w: it is not one of Stripe's names", provider.ErrToken)
	errNoMethod = errors.New("an answer without a payment method")
)

// savingFailed returns the error of a refused request to save a method. The token is the only part
// that comes from outside, so a wrong request means a wrong token.
func (p *Provider) savingFailed(err error) error {
	if refused, ok := declined(err); ok {
		code := declineCode(refused)
		return &provider.DeclinedError{Code: code, Message: provider.DeclineMessage(code)}
	}
	if errors.Is(err, errToken) {
		return err
	}
	failed := p.failure(err)
	if errors.Is(failed, provider.ErrRefused) {
		return fmt.Errorf("%w: %s", provider.ErrToken, failed.Error())
	}
	return failed
}

// RemoveMethod detaches the method from its customer. It can never be charged again.
func (p *Provider) RemoveMethod(ctx context.Context, method provider.SavedMethod) error {
	path := stripe.FormatURLPath("/v1/payment_methods/%s/detach", method.ProviderMethodID)
	err := p.call(
		ctx, http.MethodPost, path, &stripe.PaymentMethodDetachParams{}, &stripe.PaymentMethod{},
	)
	if err == nil {
		return nil
	}
	failed := p.failure(err)
	if errors.Is(failed, provider.ErrToken) || errors.Is(failed, provider.ErrRefused) {
		return nil // unknown or detached already
	}
	return failed
}
