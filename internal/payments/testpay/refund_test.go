package testpay_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// Refund: in parts, repeated, and too much.
func TestRefunds(t *testing.T) {
	t.Parallel()
	p, got := shop(t, nil)
	paid, err := p.Charge(t.Context(), charge("k", testpay.TokenVisa))
	require.NoError(t, err)
	refund := provider.RefundRequest{
		IdempotencyKey:    "r1",
		ProviderPaymentID: paid.ProviderPaymentID,
		AmountMinor:       1000,
		Currency:          "USD",
	}
	first, err := p.Refund(t.Context(), refund)
	require.NoError(t, err)
	assert.Equal(t, provider.RefundDone, first.Status)
	again, err := p.Refund(t.Context(), refund)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	require.Len(t, got.events, 2)
	assert.Equal(t, provider.RefundSucceeded, got.events[1].Type)
	assert.Equal(t, first.ProviderRefundID, got.events[1].ProviderRefundID)

	refund.AmountMinor = 999
	_, err = p.Refund(t.Context(), refund)
	require.ErrorIs(t, err, provider.ErrKeyReused)
	refund.IdempotencyKey, refund.AmountMinor = "r2", 251
	_, err = p.Refund(t.Context(), refund)
	require.ErrorIs(t, err, provider.ErrRefused, "250 are left")
	refund.AmountMinor, refund.Currency = 250, "EUR"
	_, err = p.Refund(t.Context(), refund)
	require.ErrorIs(t, err, provider.ErrRefused)

	declined, err := p.Charge(t.Context(), charge("d", testpay.TokenDeclined))
	require.NoError(t, err)
	_, err = p.Refund(t.Context(), provider.RefundRequest{
		IdempotencyKey:    "r3",
		ProviderPaymentID: declined.ProviderPaymentID,
		AmountMinor:       1,
		Currency:          "USD",
	})
	assert.ErrorIs(t, err, provider.ErrRefused)
}

// Whatever races, no more than was paid goes back.
func TestRefundsNeverExceedThePayment(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	paid, err := p.Charge(t.Context(), charge("k", testpay.TokenVisa))
	require.NoError(t, err)
	var racing sync.WaitGroup
	for i := range 16 {
		racing.Go(func() {
			_, err := p.Refund(t.Context(), provider.RefundRequest{
				IdempotencyKey:    fmt.Sprint("r", i),
				ProviderPaymentID: paid.ProviderPaymentID,
				AmountMinor:       400,
				Currency:          "USD",
			})
			if err != nil {
				assert.ErrorIs(t, err, provider.ErrRefused)
			}
		})
	}
	racing.Wait()
	ledger, err := p.Ledger()
	require.NoError(t, err)
	assert.Len(t, ledger.Refunds, 3)
}

// Refund: what each test token causes.
func TestRefundTokens(t *testing.T) {
	t.Parallel()
	p, got := shop(t, nil)
	refund := func(token string) (provider.RefundRequest, provider.RefundResult, error) {
		paid, err := p.Charge(t.Context(), charge(token, token))
		require.NoError(t, err)
		request := provider.RefundRequest{
			IdempotencyKey:    "r" + token,
			ProviderPaymentID: paid.ProviderPaymentID,
			AmountMinor:       1250,
			Currency:          "USD",
		}
		got.events = nil
		result, err := p.Refund(t.Context(), request)
		return request, result, err
	}

	request, _, err := refund(testpay.TokenRefundTimeout)
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	result, err := p.Refund(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, provider.RefundDone, result.Status)

	request, result, err = refund(testpay.TokenRefundFails)
	require.NoError(t, err)
	assert.Equal(t, provider.RefundFailed, result.Status)
	assert.Equal(t, provider.RefundFailure, got.events[0].Type)
	request.IdempotencyKey = "anew"
	_, err = p.Refund(t.Context(), request)
	assert.NoError(t, err, "a failed refund gave nothing back")

	_, result, err = refund(testpay.TokenRefundPending)
	require.NoError(t, err)
	assert.Equal(t, provider.RefundPending, result.Status)
	assert.Empty(t, got.events)
	require.NoError(t, p.SettleRefund(t.Context(), result.ProviderRefundID, true))
	assert.Equal(t, provider.RefundSucceeded, got.events[0].Type)
	assert.ErrorIs(t, p.SettleRefund(t.Context(), "ref_of_nobody", true), provider.ErrRefused)
}

// SaveMethod, RemoveMethod: saved methods and charges to them.
func TestSavedMethods(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	saved, err := p.SaveMethod(t.Context(), "user-1", "", testpay.TokenMastercard)
	require.NoError(t, err)
	assert.Equal(t, "mastercard", saved.Brand)
	assert.Equal(t, "4444", saved.LastFour)
	second, err := p.SaveMethod(
		t.Context(), "user-1", saved.ProviderCustomerID, testpay.TokenInsufficientFunds,
	)
	require.NoError(t, err)
	assert.Equal(t, saved.ProviderCustomerID, second.ProviderCustomerID)

	request := charge("k", "")
	request.SavedMethod = provider.SavedMethod{
		ProviderMethodID:   saved.ProviderMethodID,
		ProviderCustomerID: saved.ProviderCustomerID,
	}
	result, err := p.Charge(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, provider.Succeeded, result.Status)

	require.NoError(
		t,
		p.RemoveMethod(
			t.Context(),
			provider.SavedMethod{
				ProviderMethodID:   saved.ProviderMethodID,
				ProviderCustomerID: "cus_of_another",
			},
		),
	)
	request.IdempotencyKey = "still there"
	_, err = p.Charge(t.Context(), request)
	require.NoError(t, err)
	require.NoError(t, p.RemoveMethod(t.Context(), request.SavedMethod))
	require.NoError(t, p.RemoveMethod(t.Context(), request.SavedMethod), "once more is no error")
	request.IdempotencyKey = "gone"
	_, err = p.Charge(t.Context(), request)
	require.ErrorIs(t, err, provider.ErrToken)

	_, err = p.SaveMethod(t.Context(), "user-1", "", testpay.TokenExpired)
	var declined *provider.DeclinedError
	require.ErrorAs(t, err, &declined)
	assert.Equal(t, "expired_card", declined.Code)
	_, err = p.SaveMethod(t.Context(), "user-1", "", "4242-4242-4242-4242")
	require.ErrorIs(t, err, provider.ErrCardNumber)
	_, err = p.SaveMethod(t.Context(), "user-1", "", testpay.TokenUnavailable)
	require.ErrorIs(t, err, provider.ErrUnavailable)
	_, err = p.SaveMethod(t.Context(), "user-1", "", "tok_of_nobody")
	assert.ErrorIs(t, err, provider.ErrToken)
}
