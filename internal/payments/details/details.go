// Package details reads payments from the view payment_details and converts them to the API's
// bodies, for lists of payments and for the orders they belong to. It is a package of its own
// because orders shows payments, and payments uses orders. It owns no state.
package details

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/money"
)

// Payment is the JSON of a row of payment_details. Amounts are in minor units of Currency.
type Payment struct {
	ID                int64          `json:"id"`
	OrderID           int64          `json:"order_id"`
	OrderNumber       string         `json:"order_number"`
	UserID            int64          `json:"user_id"`
	Email             string         `json:"email"`
	FirstName         string         `json:"first_name"`
	LastName          string         `json:"last_name"`
	AmountMinor       int64          `json:"amount_minor"`
	Currency          money.Currency `json:"currency"`
	Provider          string         `json:"provider"`
	ProviderPaymentID *string        `json:"provider_payment_id"`
	PaymentType       string         `json:"payment_type"`
	Status            string         `json:"status"`
	IsSurplus         bool           `json:"is_surplus"`
	DeclineCode       *string        `json:"decline_code"`
	DeclineMessage    *string        `json:"decline_message"`
	MethodBrand       *string        `json:"method_brand"`
	MethodLastFour    *string        `json:"method_last_four"`
	RefundedMinor     int64          `json:"refunded_minor"`
	AttemptedAt       time.Time      `json:"attempted_at"`
	SettledAt         *time.Time     `json:"settled_at"`
	Refunds           []Refund       `json:"refunds"`
}

// Refund is a refund of a Payment.
type Refund struct {
	ID               int64      `json:"id"`
	PaymentID        int64      `json:"payment_id"`
	AmountMinor      int64      `json:"amount_minor"`
	Status           string     `json:"status"`
	Reason           string     `json:"reason"`
	ProviderRefundID *string    `json:"provider_refund_id"`
	ActorID          *int64     `json:"actor_id"`
	CancelsOrder     bool       `json:"cancels_order"`
	CreatedAt        time.Time  `json:"created_at"`
	SettledAt        *time.Time `json:"settled_at"`
}

// Read decodes one payment.
func Read(details []byte) (p Payment, err error) {
	if err := json.Unmarshal(details, &p); err != nil {
		return p, fmt.Errorf("decode payment_details: %w", err)
	}
	return p, nil
}

// ReadAll decodes a JSON list of payments.
func ReadAll(details []byte) (all []Payment, err error) {
	if err := json.Unmarshal(details, &all); err != nil {
		return nil, fmt.Errorf("decode payment_details: %w", err)
	}
	return all, nil
}

// Body returns the payment as its customer sees it.
func (p Payment) Body() api.Payment {
	body := api.Payment{
		ID:                p.ID,
		OrderID:           p.OrderID,
		OrderNumber:       p.OrderNumber,
		Amount:            p.Currency.Format(p.AmountMinor),
		Currency:          api.Currency(p.Currency),
		Provider:          api.PaymentProvider(p.Provider),
		ProviderPaymentID: p.ProviderPaymentID,
		PaymentType:       p.PaymentType,
		Status:            api.PaymentStatus(p.Status),
		IsPaid:            p.Status == "paid",
		Method:            p.method(),
		DeclineMessage:    p.DeclineMessage,
		Refunded:          p.Currency.Format(p.RefundedMinor),
		Refunds:           make([]api.Refund, 0, len(p.Refunds)),
		AttemptedAt:       p.AttemptedAt.UTC(),
		SettledAt:         inUTC(p.SettledAt),
	}
	for _, r := range p.Refunds {
		body.Refunds = append(body.Refunds, api.Refund{
			ID:        r.ID,
			Amount:    p.Currency.Format(r.AmountMinor),
			Status:    api.RefundStatus(r.Status),
			CreatedAt: r.CreatedAt.UTC(),
			SettledAt: inUTC(r.SettledAt),
		})
	}
	return body
}

// AdminBody returns the payment as staff sees it.
func (p Payment) AdminBody() api.AdminPayment {
	b := p.Body()
	body := api.AdminPayment{
		ID:          b.ID,
		OrderID:     b.OrderID,
		OrderNumber: b.OrderNumber,
		Amount:      b.Amount,
		Currency:    b.Currency,
		Provider:    b.Provider,
		Customer: api.OrderCustomer{
			ID:        p.UserID,
			Email:     p.Email,
			FirstName: p.FirstName,
			LastName:  p.LastName,
		},
		ProviderPaymentID: b.ProviderPaymentID,
		PaymentType:       b.PaymentType,
		Status:            b.Status,
		IsPaid:            b.IsPaid,
		IsSurplus:         p.IsSurplus,
		Method:            b.Method,
		DeclineCode:       p.DeclineCode,
		DeclineMessage:    b.DeclineMessage,
		Refunded:          b.Refunded,
		Refunds:           make([]api.AdminRefund, 0, len(p.Refunds)),
		AttemptedAt:       b.AttemptedAt,
		SettledAt:         b.SettledAt,
	}
	for _, r := range p.Refunds {
		body.Refunds = append(body.Refunds, r.AdminBody(p.Currency))
	}
	return body
}

// AdminBody returns the refund as staff sees it.
func (r Refund) AdminBody(currency money.Currency) api.AdminRefund {
	return api.AdminRefund{
		ID:               r.ID,
		PaymentID:        r.PaymentID,
		Amount:           currency.Format(r.AmountMinor),
		Status:           api.RefundStatus(r.Status),
		Reason:           r.Reason,
		ProviderRefundID: r.ProviderRefundID,
		ActorID:          r.ActorID,
		CancelsOrder:     r.CancelsOrder,
		CreatedAt:        r.CreatedAt.UTC(),
		SettledAt:        inUTC(r.SettledAt),
	}
}

func (p Payment) method() *api.PaidWith {
	if p.MethodBrand == nil {
		return nil
	}
	with := api.PaidWith{Brand: *p.MethodBrand}
	if p.MethodLastFour != nil {
		with.LastFour = *p.MethodLastFour
	}
	return &with
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
