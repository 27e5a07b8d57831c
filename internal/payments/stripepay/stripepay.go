// Package stripepay uses Stripe as the payment provider, through Stripe's Go library: payment
// intents that are confirmed at once, refunds, saved methods and webhooks. It owns no state.
//
// The metadata of every payment intent and refund has an order_reference and an idempotency_key.
// They find a charge whose response was lost, because Stripe forgets idempotency keys after a day.
package stripepay

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/shopd/shopd/internal/payments/provider"
)

// Options of a Provider.
type Options struct {
	// Key is the secret key, sk_... or rk_...; a restricted key needs to write customers, payment
	// intents, payment methods and refunds.
	Key string
	// WebhookSecret is the endpoint's signing secret, whsec_...; without it every webhook is
	// refused.
	WebhookSecret string
	// BaseURL is where the API is; empty is Stripe's.
	BaseURL string
	// Timeout of one request with its response; 0 is 10 seconds.
	Timeout time.Duration
}

// Provider implements provider.Provider. Create it with New.
type Provider struct {
	api           stripe.Backend
	key           string
	webhookSecret string
}

var _ provider.Provider = (*Provider)(nil)

// Keys of the metadata.
const (
	orderReference    = "order_reference"
	idempotencyKey    = "idempotency_key"
	refundReason      = "reason"
	customerReference = "customer_reference"
)

// New returns a client. It does not call Stripe. Its error is an ErrConfiguration that does not
// show the key.
func New(options Options) (*Provider, error) {
	if !strings.HasPrefix(options.Key, "sk_") && !strings.HasPrefix(options.Key, "rk_") ||
		strings.ContainsFunc(options.Key, unprintable) {
		return nil, fmt.Errorf(
			"%w: Stripe's key is the secret one, sk_... or rk_", provider.ErrConfiguration,
		)
	}
	base := stripe.APIURL
	if options.BaseURL != "" {
		base = options.BaseURL
		if u, err := url.Parse(base); err != nil || u.Host == "" ||
			u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf(
				"%w: Stripe's address is not an http or https URL", provider.ErrConfiguration,
			)
		}
	}
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	api := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		EnableTelemetry: stripe.Bool(false),
		HTTPClient:      newHTTPClient(options.Timeout),
		LeveledLogger: &stripe.LeveledLogger{
			Level: stripe.LevelNull,
		}, // its messages contain whole responses
		MaxNetworkRetries: stripe.Int64(0),
		URL:               stripe.String(base),
	})
	return &Provider{api: api, key: options.Key, webhookSecret: options.WebhookSecret}, nil
}

// Name returns "stripe".
func (p *Provider) Name() string { return "stripe" }

func unprintable(r rune) bool { return r <= ' ' || r > '~' }
