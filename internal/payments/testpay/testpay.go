// Package testpay is the payment provider for development and tests. It moves no money and needs no
// network. Its tokens say what happens: success, a decline, a lost response, a late response.
//
// It owns a ledger outside the shop's tables, as a real provider's books are: a file of JSON lines
// that is only appended to, and that is on disk before Charge returns. After a crash of the shop
// the ledger therefore says what was charged. Several processes may share it. The whole ledger is
// held in memory as well.
package testpay

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/shopd/shopd/internal/payments/provider"
)

// Options of a Provider.
type Options struct {
	// Dir is the folder of the ledger. It is created if it is missing. Nothing else may be in it.
	Dir string
	// WebhookSecret signs webhooks. Without it none are sent.
	WebhookSecret string
	// SettleAfter is how long a pending charge takes to settle by itself; 0 leaves that to Settle.
	SettleAfter time.Duration
	// SlowFor is how long TokenSlow takes to respond; 0 is 2 seconds.
	SlowFor time.Duration
	// Deliver is called with each webhook as it becomes due, before the call that caused it
	// returns. If it is nil, no webhooks are sent.
	Deliver func(payload []byte, signatureHeader string)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Provider implements provider.Provider. Create it with New, and Close it.
type Provider struct {
	options Options
	ledger  *ledger
}

var _ provider.Provider = (*Provider)(nil)

// New opens the ledger, or creates it.
func New(options Options) (*Provider, error) {
	if options.Dir == "" {
		return nil, fmt.Errorf(
			"%w: the test provider needs a folder for its ledger", provider.ErrConfiguration,
		)
	}
	if options.SlowFor == 0 {
		options.SlowFor = 2 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	ledger, err := openLedger(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: the test provider's ledger: %w", provider.ErrConfiguration, err)
	}
	return &Provider{options: options, ledger: ledger}, nil
}

// Close closes the ledger's files.
func (p *Provider) Close() error { return p.ledger.close() }

// Name returns "test".
func (p *Provider) Name() string { return "test" }

// Charge does what the token says: the request's, or the one that the saved method was made from.
func (p *Provider) Charge(
	ctx context.Context, request provider.ChargeRequest,
) (provider.Result, error) {
	if err := request.Check(); err != nil {
		return provider.Result{}, err
	}
	if err := ctx.Err(); err != nil {
		return provider.Result{}, fmt.Errorf("%w: %w", provider.ErrUnavailable, err)
	}
	var charge Charge
	var what behaviour
	repeated := false
	err := p.ledger.change(func(b *book) (entries []entry, err error) {
		if charge, repeated = b.chargeByKey(request.IdempotencyKey); repeated {
			if !charge.answers(request) {
				return nil, provider.ErrKeyReused
			}
			return nil, nil
		}
		token, err := b.token(request)
		if err != nil {
			return nil, err
		}
		what = behaviours[token]
		switch {
		case what.unavailable:
			return nil, provider.ErrUnavailable
		case what.requestLost:
			return nil, provider.ErrOutcomeUnknown
		}
		charge = p.newCharge(request, token, what)
		return []entry{{Charge: &charge}}, nil
	})
	if err != nil {
		return provider.Result{}, err
	}
	if repeated {
		return charge.result(p.options.Now()), nil
	}
	p.tell(what, charge.message)
	if what.answerLost || what.slow && !p.wait(ctx) {
		return provider.Result{}, provider.ErrOutcomeUnknown
	}
	return charge.result(p.options.Now()), nil
}

func (p *Provider) newCharge(request provider.ChargeRequest, token string, what behaviour) Charge {
	now := p.options.Now().UTC()
	charge := Charge{
		ID:             "pay_test_" + rand.Text(),
		IdempotencyKey: request.IdempotencyKey,
		OrderReference: request.OrderReference,
		AmountMinor:    request.AmountMinor + what.wrongBy,
		Currency:       request.Currency,
		Token:          token,
		Status:         what.status,
		SettlesTo:      what.settlesTo,
		DeclineCode:    what.declineCode,
		At:             now,
	}
	if what.status == provider.Pending && p.options.SettleAfter > 0 {
		settles := now.Add(p.options.SettleAfter)
		charge.SettlesAt = &settles
	}
	return charge
}

// wait waits for the slow response. It returns false if the caller gave up before.
func (p *Provider) wait(ctx context.Context) bool {
	timer := time.NewTimer(p.options.SlowFor)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Find looks the charge up in the ledger.
func (p *Provider) Find(
	_ context.Context, request provider.FindRequest,
) (result provider.Result, found bool, err error) {
	if err := request.Check(); err != nil {
		return provider.Result{}, false, err
	}
	now := p.options.Now()
	err = p.ledger.read(func(b *book) {
		var charge Charge
		if charge, found = b.find(request, now); found {
			result = charge.result(now)
		}
	})
	return result, found, err
}

// Settle settles a pending charge as its token says, or as declined with the given code, and sends
// its webhook. A charge that is settled already is left alone.
func (p *Provider) Settle(_ context.Context, providerPaymentID, declineCode string) error {
	var charge Charge
	now := p.options.Now().UTC()
	err := p.ledger.change(func(b *book) ([]entry, error) {
		known, ok := b.charges[providerPaymentID]
		if !ok {
			return nil, fmt.Errorf("%w: there is no such payment", provider.ErrRefused)
		}
		charge = known.asOf(now)
		if charge.Status != provider.Pending {
			return nil, nil
		}
		charge.Status = charge.SettlesTo
		if declineCode != "" {
			charge.Status, charge.DeclineCode = provider.Declined, declineCode
		}
		charge.SettlesAt = &now
		return []entry{{Charge: &charge}}, nil
	})
	if err != nil {
		return err
	}
	p.tell(behaviours[charge.Token], charge.message)
	return nil
}
