package testpay_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

const secret = "whsec_for_tests"

// delivered collects webhooks.
type delivered struct {
	mu     sync.Mutex
	events []provider.Event
}

// shop opens a provider with a ledger of its own and reads every webhook it sends.
func shop(t *testing.T, change func(*testpay.Options)) (*testpay.Provider, *delivered) {
	t.Helper()
	got := &delivered{}
	var p *testpay.Provider
	options := testpay.Options{Dir: t.TempDir(), WebhookSecret: secret}
	options.Deliver = func(payload []byte, header string) {
		event, err := p.ParseWebhook(payload, header, now(options))
		assert.NoError(t, err)
		got.mu.Lock()
		defer got.mu.Unlock()
		got.events = append(got.events, event)
	}
	if change != nil {
		change(&options)
	}
	p, err := testpay.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p, got
}

func now(options testpay.Options) time.Time {
	if options.Now != nil {
		return options.Now()
	}
	return time.Now()
}

func charge(key, token string) provider.ChargeRequest {
	return provider.ChargeRequest{IdempotencyKey: key, AmountMinor: 1250, Currency: "USD", OrderReference: "order-" + key, Token: token}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]struct {
		err    error
		status provider.Status // what Charge says
		code   string
		found  provider.Status // what Find says; empty: nothing
		events int
	}{
		testpay.TokenVisa:              {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenMastercard:        {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenDeclined:          {nil, provider.Declined, "card_declined", provider.Declined, 1},
		testpay.TokenInsufficientFunds: {nil, provider.Declined, "insufficient_funds", provider.Declined, 1},
		testpay.TokenExpired:           {nil, provider.Declined, "expired_card", provider.Declined, 1},
		testpay.TokenTimeout:           {provider.ErrOutcomeUnknown, "", "", provider.Succeeded, 1},
		testpay.TokenTimeoutLost:       {provider.ErrOutcomeUnknown, "", "", "", 0},
		testpay.TokenSlow:              {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenPending:           {nil, provider.Pending, "", provider.Pending, 0},
		testpay.TokenPendingDeclined:   {nil, provider.Pending, "", provider.Pending, 0},
		testpay.TokenTwice:             {nil, provider.Succeeded, "", provider.Succeeded, 2},
		testpay.TokenUnavailable:       {provider.ErrUnavailable, "", "", "", 0},
		"tok_of_nobody":                {provider.ErrToken, "", "", "", 0},
		"4242424242424242":             {provider.ErrCardNumber, "", "", "", 0},
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			p, got := shop(t, func(o *testpay.Options) { o.SlowFor = time.Millisecond })
			result, err := p.Charge(t.Context(), charge("k", token))
			require.ErrorIs(t, err, want.err)
			assert.Equal(t, want.status, result.Status)
			assert.Equal(t, want.code, result.DeclineCode)
			assert.Equal(t, want.code != "", result.DeclineMessage != "")
			assert.Len(t, got.events, want.events)
			for _, event := range got.events {
				assert.Equal(t, got.events[0].ID, event.ID)
				assert.Equal(t, "order-k", event.OrderReference)
				assert.Equal(t, int64(1250), event.AmountMinor)
			}

			for _, request := range []provider.FindRequest{
				{IdempotencyKey: "k", AttemptedAt: time.Now()}, {OrderReference: "order-k", AttemptedAt: time.Now()},
			} {
				known, found, err := p.Find(t.Context(), request)
				require.NoError(t, err)
				assert.Equal(t, want.found != "", found)
				assert.Equal(t, want.found, known.Status)
			}
			ledger, err := p.Ledger()
			require.NoError(t, err)
			assert.Equal(t, want.found != "", len(ledger.Charges) == 1)
		})
	}
}

func TestTheSameKeyChargesOnce(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	var racing sync.WaitGroup
	ids := make([]string, 32)
	for i := range ids {
		racing.Go(func() {
			result, err := p.Charge(t.Context(), charge("k", testpay.TokenVisa))
			assert.NoError(t, err)
			ids[i] = result.ProviderPaymentID
		})
	}
	racing.Wait()
	for _, id := range ids {
		assert.Equal(t, ids[0], id)
	}
	ledger, err := p.Ledger()
	require.NoError(t, err)
	assert.Len(t, ledger.Charges, 1)

	other := charge("k", testpay.TokenVisa)
	other.AmountMinor++
	_, err = p.Charge(t.Context(), other)
	assert.ErrorIs(t, err, provider.ErrKeyReused)

	_, err = p.Charge(t.Context(), charge("lost answer", testpay.TokenTimeout))
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	result, err := p.Charge(t.Context(), charge("lost answer", testpay.TokenTimeout))
	require.NoError(t, err, "asking again with the key brings the answer")
	assert.Equal(t, provider.Succeeded, result.Status)
}

func TestASlowAnswerIsAChargeWhoeverWaits(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, func(o *testpay.Options) { o.SlowFor = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, err := p.Charge(ctx, charge("k", testpay.TokenSlow))
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	result, found, err := p.Find(t.Context(), provider.FindRequest{IdempotencyKey: "k", AttemptedAt: time.Now()})
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, provider.Succeeded, result.Status)

	_, err = p.Charge(ctx, charge("given up before", testpay.TokenVisa))
	require.ErrorIs(t, err, provider.ErrUnavailable)
	_, found, err = p.Find(t.Context(), provider.FindRequest{IdempotencyKey: "given up before", AttemptedAt: time.Now()})
	require.NoError(t, err)
	assert.False(t, found)
}

func TestPendingSettles(t *testing.T) {
	t.Parallel()
	clock := time.Unix(1_800_000_000, 0)
	p, got := shop(t, func(o *testpay.Options) {
		o.SettleAfter, o.Now = time.Minute, func() time.Time { return clock }
	})
	status := func(id string) provider.Result {
		result, found, err := p.Find(t.Context(), provider.FindRequest{ProviderPaymentID: id})
		require.NoError(t, err)
		require.True(t, found)
		return result
	}
	first, err := p.Charge(t.Context(), charge("by time", testpay.TokenPending))
	require.NoError(t, err)
	second, err := p.Charge(t.Context(), charge("by webhook", testpay.TokenPending))
	require.NoError(t, err)
	third, err := p.Charge(t.Context(), charge("declined", testpay.TokenPendingDeclined))
	require.NoError(t, err)
	assert.Empty(t, got.events)
	_, _, err = p.Webhook(t.Context(), first.ProviderPaymentID)
	require.ErrorIs(t, err, provider.ErrRefused, "there is nothing to tell yet")

	require.NoError(t, p.Settle(t.Context(), second.ProviderPaymentID, ""))
	require.Len(t, got.events, 1)
	assert.Equal(t, provider.PaymentSucceeded, got.events[0].Type)
	assert.Equal(t, provider.Succeeded, status(second.ProviderPaymentID).Status)
	assert.Equal(t, provider.Pending, status(first.ProviderPaymentID).Status)

	clock = clock.Add(time.Minute)
	assert.Equal(t, provider.Succeeded, status(first.ProviderPaymentID).Status)
	declined := status(third.ProviderPaymentID)
	assert.Equal(t, provider.Declined, declined.Status)
	assert.Equal(t, "insufficient_funds", declined.DeclineCode)
	require.NoError(t, p.Settle(t.Context(), first.ProviderPaymentID, "card_declined"))
	assert.Equal(t, provider.Succeeded, status(first.ProviderPaymentID).Status, "settled is settled")
	assert.ErrorIs(t, p.Settle(t.Context(), "pay_of_nobody", ""), provider.ErrRefused)
}

func TestFindPrefersTheChargeThatCounts(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	for i, token := range []string{testpay.TokenDeclined, testpay.TokenVisa, testpay.TokenPending, testpay.TokenDeclined} {
		request := charge(fmt.Sprint(i), token)
		request.OrderReference = "order"
		_, err := p.Charge(t.Context(), request)
		require.NoError(t, err)
	}
	result, found, err := p.Find(t.Context(), provider.FindRequest{OrderReference: "order", AttemptedAt: time.Now()})
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, provider.Succeeded, result.Status)
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	p, got := shop(t, nil)
	paid, err := p.Charge(t.Context(), charge("k", testpay.TokenVisa))
	require.NoError(t, err)
	refund := provider.RefundRequest{IdempotencyKey: "r1", ProviderPaymentID: paid.ProviderPaymentID, AmountMinor: 1000, Currency: "USD"}
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
		IdempotencyKey: "r3", ProviderPaymentID: declined.ProviderPaymentID, AmountMinor: 1, Currency: "USD",
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
				IdempotencyKey: fmt.Sprint("r", i), ProviderPaymentID: paid.ProviderPaymentID, AmountMinor: 400, Currency: "USD",
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

func TestRefundTokens(t *testing.T) {
	t.Parallel()
	p, got := shop(t, nil)
	refund := func(token string) (provider.RefundRequest, provider.RefundResult, error) {
		paid, err := p.Charge(t.Context(), charge(token, token))
		require.NoError(t, err)
		request := provider.RefundRequest{IdempotencyKey: "r" + token, ProviderPaymentID: paid.ProviderPaymentID, AmountMinor: 1250, Currency: "USD"}
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

func TestSavedMethods(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	saved, err := p.SaveMethod(t.Context(), "user-1", "", testpay.TokenMastercard)
	require.NoError(t, err)
	assert.Equal(t, "mastercard", saved.Brand)
	assert.Equal(t, "4444", saved.LastFour)
	second, err := p.SaveMethod(t.Context(), "user-1", saved.ProviderCustomerID, testpay.TokenInsufficientFunds)
	require.NoError(t, err)
	assert.Equal(t, saved.ProviderCustomerID, second.ProviderCustomerID)

	request := charge("k", "")
	request.SavedMethod = provider.SavedMethod{ProviderMethodID: saved.ProviderMethodID, ProviderCustomerID: saved.ProviderCustomerID}
	result, err := p.Charge(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, provider.Succeeded, result.Status)

	require.NoError(t, p.RemoveMethod(t.Context(), provider.SavedMethod{ProviderMethodID: saved.ProviderMethodID, ProviderCustomerID: "cus_of_another"}))
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
