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
	return provider.ChargeRequest{
		IdempotencyKey: key,
		AmountMinor:    1250,
		Currency:       "USD",
		OrderReference: "order-" + key,
		Token:          token,
	}
}

// Charge, Find: what each test token causes.
func TestTokens(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]struct {
		err    error
		status provider.Status // what Charge says
		code   string
		found  provider.Status // what Find says; empty: nothing
		events int
	}{
		testpay.TokenVisa:       {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenMastercard: {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenDeclined: {
			nil, provider.Declined, "card_declined", provider.Declined, 1,
		},
		testpay.TokenInsufficientFunds: {
			nil, provider.Declined, "insufficient_funds", provider.Declined, 1,
		},
		testpay.TokenExpired: {
			nil, provider.Declined, "expired_card", provider.Declined, 1,
		},
		testpay.TokenTimeout:         {provider.ErrOutcomeUnknown, "", "", provider.Succeeded, 1},
		testpay.TokenTimeoutLost:     {provider.ErrOutcomeUnknown, "", "", "", 0},
		testpay.TokenSlow:            {nil, provider.Succeeded, "", provider.Succeeded, 1},
		testpay.TokenPending:         {nil, provider.Pending, "", provider.Pending, 0},
		testpay.TokenPendingDeclined: {nil, provider.Pending, "", provider.Pending, 0},
		testpay.TokenTwice:           {nil, provider.Succeeded, "", provider.Succeeded, 2},
		testpay.TokenUnavailable:     {provider.ErrUnavailable, "", "", "", 0},
		"tok_of_nobody":              {provider.ErrToken, "", "", "", 0},
		"4242424242424242":           {provider.ErrCardNumber, "", "", "", 0},
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
				{IdempotencyKey: "k", AttemptedAt: time.Now()},
				{OrderReference: "order-k", AttemptedAt: time.Now()},
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

// Charge: racing calls with one key charge once.
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

// Charge: a caller that gives up has charged all the same.
func TestASlowAnswerIsAChargeWhoeverWaits(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, func(o *testpay.Options) { o.SlowFor = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, err := p.Charge(ctx, charge("k", testpay.TokenSlow))
	require.ErrorIs(t, err, provider.ErrOutcomeUnknown)
	result, found, err := p.Find(
		t.Context(), provider.FindRequest{IdempotencyKey: "k", AttemptedAt: time.Now()},
	)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, provider.Succeeded, result.Status)

	_, err = p.Charge(ctx, charge("given up before", testpay.TokenVisa))
	require.ErrorIs(t, err, provider.ErrUnavailable)
	_, found, err = p.Find(
		t.Context(),
		provider.FindRequest{IdempotencyKey: "given up before", AttemptedAt: time.Now()},
	)
	require.NoError(t, err)
	assert.False(t, found)
}

// Find: a pending charge is settled after a while.
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
	assert.Equal(
		t, provider.Succeeded, status(first.ProviderPaymentID).Status, "settled is settled",
	)
	assert.ErrorIs(t, p.Settle(t.Context(), "pay_of_nobody", ""), provider.ErrRefused)
}

// Find: of several charges for an order the paid one.
func TestFindPrefersTheChargeThatCounts(t *testing.T) {
	t.Parallel()
	p, _ := shop(t, nil)
	for i, token := range []string{
		testpay.TokenDeclined, testpay.TokenVisa, testpay.TokenPending, testpay.TokenDeclined,
	} {
		request := charge(fmt.Sprint(i), token)
		request.OrderReference = "order"
		_, err := p.Charge(t.Context(), request)
		require.NoError(t, err)
	}
	result, found, err := p.Find(
		t.Context(), provider.FindRequest{OrderReference: "order", AttemptedAt: time.Now()},
	)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, provider.Succeeded, result.Status)
}
