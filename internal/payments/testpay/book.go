package testpay

import (
	"slices"
	"time"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/money"
)

// A Charge of the ledger, in its latest state.
type Charge struct {
	ID             string          `json:"id"` // the ProviderPaymentID
	IdempotencyKey string          `json:"idempotency_key"`
	OrderReference string          `json:"order_reference"`
	AmountMinor    int64           `json:"amount_minor"`
	Currency       money.Currency  `json:"currency"`
	Token          string          `json:"token"`
	Status         provider.Status `json:"status"`
	SettlesTo      provider.Status `json:"settles_to,omitempty"` // what a pending charge settles to
	SettlesAt      *time.Time      `json:"settles_at,omitempty"`
	DeclineCode    string          `json:"decline_code,omitempty"`
	At             time.Time       `json:"at"`
}

// A Refund of the ledger, in its latest state.
type Refund struct {
	ID                string                `json:"id"` // the ProviderRefundID
	IdempotencyKey    string                `json:"idempotency_key"`
	ProviderPaymentID string                `json:"provider_payment_id"`
	AmountMinor       int64                 `json:"amount_minor"`
	Currency          money.Currency        `json:"currency"`
	Reason            string                `json:"reason,omitempty"`
	Status            provider.RefundStatus `json:"status"`
	At                time.Time             `json:"at"`
}

// method is a saved method. Removed ones stay in the ledger.
type method struct {
	ID         string    `json:"id"`
	CustomerID string    `json:"customer_id"`
	Customer   string    `json:"customer_reference"`
	Token      string    `json:"token"`
	Removed    bool      `json:"removed,omitempty"`
	At         time.Time `json:"at"`
}

// entry is a line of the ledger: the new state of one charge, refund or method.
type entry struct {
	Charge *Charge `json:"charge,omitempty"`
	Refund *Refund `json:"refund,omitempty"`
	Method *method `json:"method,omitempty"`
}

// book is the state after all entries.
type book struct {
	charges      map[string]Charge
	chargeOrder  []string
	chargeKeys   map[string]string
	orderCharges map[string][]string
	refunds      map[string]Refund
	refundOrder  []string
	refundKeys   map[string]string
	refunded     map[string][]string // ids of the refunds of a charge
	methods      map[string]method
}

func newBook() *book {
	return &book{
		charges:      map[string]Charge{},
		chargeKeys:   map[string]string{},
		orderCharges: map[string][]string{},
		refunds:      map[string]Refund{},
		refundKeys:   map[string]string{},
		refunded:     map[string][]string{},
		methods:      map[string]method{},
	}
}

func (b *book) apply(e entry) {
	if c := e.Charge; c != nil {
		if _, known := b.charges[c.ID]; !known {
			b.chargeOrder = append(b.chargeOrder, c.ID)
			b.chargeKeys[c.IdempotencyKey] = c.ID
			b.orderCharges[c.OrderReference] = append(b.orderCharges[c.OrderReference], c.ID)
		}
		b.charges[c.ID] = *c
	}
	if r := e.Refund; r != nil {
		if _, known := b.refunds[r.ID]; !known {
			b.refundOrder = append(b.refundOrder, r.ID)
			b.refundKeys[r.IdempotencyKey] = r.ID
			b.refunded[r.ProviderPaymentID] = append(b.refunded[r.ProviderPaymentID], r.ID)
		}
		b.refunds[r.ID] = *r
	}
	if m := e.Method; m != nil {
		b.methods[m.ID] = *m
	}
}

func (b *book) chargeByKey(key string) (Charge, bool) {
	charge, ok := b.charges[b.chargeKeys[key]]
	return charge, ok
}

// token returns the token that a request pays with.
func (b *book) token(request provider.ChargeRequest) (string, error) {
	token := request.Token
	if saved := request.SavedMethod; saved.ProviderMethodID != "" {
		m, ok := b.methods[saved.ProviderMethodID]
		if !ok || m.Removed || m.CustomerID != saved.ProviderCustomerID {
			return "", provider.ErrToken
		}
		token = m.Token
	}
	if _, ok := behaviours[token]; !ok {
		return "", provider.ErrToken
	}
	return token, nil
}

func (b *book) find(request provider.FindRequest, now time.Time) (Charge, bool) {
	if request.ProviderPaymentID != "" {
		charge, ok := b.charges[request.ProviderPaymentID]
		return charge, ok
	}
	if request.IdempotencyKey != "" {
		return b.chargeByKey(request.IdempotencyKey)
	}
	ids := b.orderCharges[request.OrderReference]
	for _, wanted := range []provider.Status{
		provider.Succeeded, provider.Pending, provider.Declined,
	} {
		for _, id := range slices.Backward(ids) {
			if charge := b.charges[id]; charge.asOf(now).Status == wanted {
				return charge, true
			}
		}
	}
	return Charge{}, false
}

// left returns how much of a charge can still be refunded, in minor units.
func (b *book) left(charge Charge) int64 {
	left := charge.AmountMinor
	for _, id := range b.refunded[charge.ID] {
		if refund := b.refunds[id]; refund.Status != provider.RefundFailed {
			left -= refund.AmountMinor
		}
	}
	return left
}

// answers reports whether the charge is what the request asks for.
func (c Charge) answers(request provider.ChargeRequest) bool {
	return c.AmountMinor == request.AmountMinor+behaviours[c.Token].wrongBy &&
		c.Currency == request.Currency &&
		c.OrderReference == request.OrderReference
}

// asOf returns the charge at a time: a pending one is settled once it is due.
func (c Charge) asOf(now time.Time) Charge {
	if c.Status == provider.Pending && c.SettlesAt != nil && !now.Before(*c.SettlesAt) {
		c.Status = c.SettlesTo
	}
	return c
}

func (c Charge) result(now time.Time) provider.Result {
	c = c.asOf(now)
	result := provider.Result{
		ProviderPaymentID: c.ID,
		Status:            c.Status,
		AmountMinor:       c.AmountMinor,
		Currency:          c.Currency,
	}
	if c.Status == provider.Declined {
		result.DeclineCode, result.DeclineMessage = c.DeclineCode, provider.DeclineMessage(
			c.DeclineCode,
		)
	}
	return result
}
