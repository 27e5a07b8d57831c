package payments_test

import "github.com/shopd/shopd/internal/platform/apitest"

const stripeWebhookSecret = "whsec_for_tests"

func stripeSettings(address string) []apitest.Setting {
	return []apitest.Setting{
		{Name: "PAYMENT_PROVIDER", Value: "stripe"}, {Name: "STRIPE_SECRET_KEY", Value: "sk_test_51NotAKeyOfAnyone"},
		{Name: "STRIPE_WEBHOOK_SECRET", Value: stripeWebhookSecret}, {Name: "STRIPE_BASE_URL", Value: address}, unlimited,
	}
}
