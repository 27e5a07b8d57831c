package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/payments/stripepay"
	"github.com/shopd/shopd/internal/payments/testpay"
	"github.com/shopd/shopd/internal/platform/config"
)

// settleAfter is how long the test provider takes to decide what it calls pending.
const settleAfter = time.Minute

// newPayments makes the payments, with the provider that the settings name. Orders and payments
// need each other: orders get the payments as soon as those are made.
func (a *App) newPayments() error {
	s := a.settings
	settings := payments.Settings{
		Bulkhead:    a.bulkhead,
		Log:         a.log,
		Currency:    s.StoreCurrency,
		CallTimeout: s.PaymentCallTimeout,
		Clock:       a.clock,
	}
	switch s.PaymentProvider {
	case "stripe":
		stripe, err := stripepay.New(
			stripepay.Options{
				Key:           s.StripeSecretKey,
				WebhookSecret: s.StripeWebhookSecret,
				BaseURL:       s.StripeBaseURL,
			},
		)
		if err != nil {
			return err
		}
		settings.Provider = stripe
	case "test":
		test, err := testpay.New(
			testpay.Options{
				Dir:           s.PaymentTestDir,
				WebhookSecret: testWebhookSecret(s),
				SettleAfter:   settleAfter,
			},
		)
		if err != nil {
			return err
		}
		a.closers = append(a.closers, test.Close)
		a.TestPayments, settings.Provider = test, test
		if !s.Debug {
			a.log.Warn("PAYMENT_PROVIDER is test: payments move no money")
		}
	default:
		a.log.Warn("PAYMENT_PROVIDER is not set: orders cannot be paid")
	}
	a.Payments = payments.New(a.pool, a.queue, a.Orders, settings)
	a.Orders.UsePayments(orders.Payments{
		PaidByHand: a.Payments.PaidByHand,
		Refund:     a.Payments.Refund,
	})
	return nil
}

// TestWebhookSecret returns what the test provider signs its webhooks with.
func (a *App) TestWebhookSecret() string { return testWebhookSecret(a.settings) }

// testWebhookSecret signs the test provider's webhooks, which takes knowledge of SECRET_KEY.
func testWebhookSecret(s config.Settings) string {
	mac := hmac.New(sha256.New, []byte(s.SecretKey))
	mac.Write([]byte("webhooks of the test provider"))
	return "whsec_" + hex.EncodeToString(mac.Sum(nil))
}
