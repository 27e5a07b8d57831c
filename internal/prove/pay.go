package prove

import (
	"context"
	"fmt"
	"time"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// CallTimeout is the PAYMENT_CALL_TIMEOUT that a server which is killed should have. A buyer whose
// payment was cut off waits until its key is free again, after one and a half times as long.
const CallTimeout = 4 * time.Second

// payPatience is how long a buyer retries a payment.
const payPatience = 2 * time.Minute

// pay pays for an order of an attempt, after a declined card if the attempt says so. It reports
// whether the payment was acknowledged.
func (r *run) pay(ctx context.Context, a attempt, order int64) bool {
	if a.broke {
		r.charge(ctx, a, order, testpay.TokenDeclined)
	}
	return r.charge(ctx, a, order, testpay.TokenVisa)
}

// charge sends a payment until its outcome is known, with the same key every time. It reports
// whether the payment was acknowledged.
func (r *run) charge(ctx context.Context, a attempt, order int64, token string) bool {
	key := fmt.Sprintf("%s %d %s", r.name, a.number, token)
	kind := "card"
	retries := retry{until: time.Now().Add(payPatience)}
	for {
		response, err := r.api.PayOrderWithResponse(
			ctx,
			order,
			&client.PayOrderParams{IdempotencyKey: &key},
			client.PayOrderJSONRequestBody{
				PaymentType: &kind,
				Token:       &token,
			},
			as(r.buyers[a.buyer]),
		)
		switch {
		case err != nil:
			r.count("no response")
		case response.JSON201 != nil:
			r.count("paid")
			return true
		case response.JSON202 != nil: // the shop finds the outcome by itself
			r.count("payment pending")
			return false
		case r.refused(response.HTTPResponse, response.Body):
			return false
		}
		if !retries.again(ctx) {
			return false
		}
	}
}

// auditMoney compares acknowledged payments with the orders, and the orders with the provider's
// ledger.
func (r *run) auditMoney(ctx context.Context) error {
	if r.Ledger == nil || !r.Pay {
		return nil
	}
	if err := r.awaitPayments(ctx); err != nil {
		return err
	}
	rows, err := db.New(r.Pool).ListProvedOrders(ctx, r.name+"-")
	if err != nil {
		return err
	}
	ledger, err := r.Ledger()
	if err != nil {
		return err
	}
	byID := map[int64]db.ListProvedOrdersRow{}
	ours := map[string]bool{}
	for _, row := range rows {
		byID[row.ID], ours[orders.Reference(row.ID)] = row, true
		if row.Status == orders.Paid {
			r.report.MoneyKept += row.TotalMinor
		}
	}
	charged := map[string]int{} // by order
	for _, charge := range ledger.Charges {
		if !ours[charge.OrderReference] || charge.Status != provider.Succeeded {
			continue
		}
		charged[charge.OrderReference]++
		r.report.MoneyIn += charge.AmountMinor
		for _, refund := range ledger.Refunds {
			if refund.ProviderPaymentID == charge.ID && refund.Status == provider.RefundDone {
				r.report.MoneyOut += refund.AmountMinor
			}
		}
	}
	for reference, times := range charged {
		if times > 1 {
			r.report.ChargedTwice++
			r.contradict("%s was charged %d times", reference, times)
		}
	}
	if r.report.MoneyIn-r.report.MoneyOut != r.report.MoneyKept {
		r.contradict(
			"%d came in and %d went out, and paid orders make %d", r.report.MoneyIn,
			r.report.MoneyOut, r.report.MoneyKept,
		)
	}
	for number, o := range r.outcomes {
		if !o.paid {
			continue
		}
		r.report.Paid++
		if row := byID[o.order.ID]; row.Status != orders.Paid {
			r.contradict(
				"attempt %d: order %s was paid, and it is %s", number, o.order.Number, row.Status,
			)
		}
	}
	return nil
}

// awaitPayments waits until every payment of the run has an outcome: a job of the shop asks the
// provider each minute.
func (r *run) awaitPayments(ctx context.Context) error {
	for until := time.Now().Add(5 * time.Minute); ; {
		pending, err := db.New(r.Pool).CountProvedPendingPayments(ctx, r.name+"-")
		if err != nil || pending == 0 {
			return err
		}
		if time.Now().After(until) {
			r.contradict("%d payments are pending after five minutes", pending)
			return nil
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}
