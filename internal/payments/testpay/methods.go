package testpay

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/shopd/shopd/internal/payments/provider"
)

// SaveMethod saves a token. Charging the method does what charging the token would.
func (p *Provider) SaveMethod(
	ctx context.Context, customerReference, providerCustomerID, token string,
) (provider.Method, error) {
	if provider.LooksLikeCardNumber(token) {
		return provider.Method{}, provider.ErrCardNumber
	}
	if err := ctx.Err(); err != nil {
		return provider.Method{}, fmt.Errorf("%w: %w", provider.ErrUnavailable, err)
	}
	what, ok := behaviours[token]
	switch {
	case !ok:
		return provider.Method{}, provider.ErrToken
	case what.unavailable:
		return provider.Method{}, provider.ErrUnavailable
	case what.saveDeclinedAsWell:
		return provider.Method{}, &provider.DeclinedError{
			Code:    what.declineCode,
			Message: provider.DeclineMessage(what.declineCode),
		}
	}
	saved := method{
		ID:         "pm_test_" + rand.Text(),
		CustomerID: providerCustomerID,
		Customer:   customerReference,
		Token:      token,
		At:         p.options.Now().UTC(),
	}
	if saved.CustomerID == "" {
		saved.CustomerID = "cus_test_" + rand.Text()
	}
	if err := p.ledger.change(
		func(*book) ([]entry, error) { return []entry{{Method: &saved}}, nil },
	); err != nil {
		return provider.Method{}, err
	}
	return provider.Method{
		ProviderMethodID: saved.ID, ProviderCustomerID: saved.CustomerID,
		Brand: what.brand, LastFour: what.lastFour, ExpMonth: what.expMonth, ExpYear: what.expYear,
	}, nil
}

// RemoveMethod removes a saved method: it cannot be charged any more.
func (p *Provider) RemoveMethod(_ context.Context, saved provider.SavedMethod) error {
	return p.ledger.change(func(b *book) ([]entry, error) {
		m, ok := b.methods[saved.ProviderMethodID]
		if !ok || m.Removed || m.CustomerID != saved.ProviderCustomerID {
			return nil, nil
		}
		m.Removed = true
		return []entry{{Method: &m}}, nil
	})
}
