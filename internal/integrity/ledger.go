package integrity

import (
	"context"
	"fmt"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// compareLedger compares payments and refunds with the test provider's ledger, both ways. Entries
// of the ledger after at, the time of the database's snapshot, are left out. A charge whose outcome
// the shop does not know yet has a pending payment.
func compareLedger(
	ctx context.Context, q *db.Queries, read func() (testpay.Ledger, error), at time.Time,
) (Result, error) {
	result := Result{Name: "every charge and refund of the test provider is in the books"}
	payments, err := q.ListTestPayments(ctx)
	if err != nil {
		return result, err
	}
	refunds, err := q.ListTestRefunds(ctx)
	if err != nil {
		return result, err
	}
	ledger, err := read()
	if err != nil {
		return result, err
	}
	wrong := func(format string, args ...any) {
		if len(result.Found) < maxFindings {
			result.Found = append(result.Found, fmt.Sprintf(format, args...))
		}
	}
	result.Checked = int64(len(payments) + len(refunds) + len(ledger.Charges) + len(ledger.Refunds))
	compareCharges(payments, ledger.Charges, at, wrong)
	compareRefunds(refunds, ledger.Refunds, at, wrong)
	return result, nil
}

// compareCharges calls wrong for every charge without its payment, and every payment without its
// charge.
func compareCharges(
	payments []db.ListTestPaymentsRow, charges []testpay.Charge, at time.Time,
	wrong func(string, ...any),
) {
	known := make(map[string]db.ListTestPaymentsRow, len(payments))
	for _, p := range payments {
		known[p.AttemptKey] = p
	}
	taken := make(map[string]testpay.Charge, len(charges))
	for _, c := range charges {
		if c.Status != provider.Succeeded {
			continue
		}
		if _, twice := taken[c.IdempotencyKey]; twice {
			wrong("attempt %s was charged twice", c.IdempotencyKey)
		}
		taken[c.IdempotencyKey] = c
		p, ok := known[c.IdempotencyKey]
		switch {
		case c.At.After(at):
		case !ok:
			wrong("charge %s of %d %s is not in the books", c.ID, c.AmountMinor, c.Currency)
		case p.AmountMinor != c.AmountMinor || p.Currency != string(c.Currency):
			wrong(
				"charge %s is of %d %s, and its payment of %d %s", c.ID, c.AmountMinor, c.Currency,
				p.AmountMinor, p.Currency,
			)
		case p.Status == "failed":
			wrong(
				"charge %s of %d %s was made, and its payment failed", c.ID, c.AmountMinor,
				c.Currency,
			)
		}
	}
	for _, p := range payments {
		made := p.Status == "paid" || p.Status == "refunded"
		if c, ok := taken[p.AttemptKey]; made && (!ok || c.ID != p.ProviderPaymentID) {
			wrong("payment %s is %s, and the ledger has no such charge", p.AttemptKey, p.Status)
		}
	}
}

// compareRefunds does the same with refunds.
func compareRefunds(
	refunds []db.ListTestRefundsRow, made []testpay.Refund, at time.Time,
	wrong func(string, ...any),
) {
	known := make(map[string]db.ListTestRefundsRow, len(refunds))
	for _, r := range refunds {
		known[r.Key] = r
	}
	given := make(map[string]bool, len(made))
	for _, m := range made {
		if m.Status != provider.RefundDone {
			continue
		}
		if given[m.IdempotencyKey] {
			wrong("refund %s was made twice", m.IdempotencyKey)
		}
		given[m.IdempotencyKey] = true
		r, ok := known[m.IdempotencyKey]
		switch {
		case m.At.After(at):
		case !ok || r.AmountMinor != m.AmountMinor:
			wrong("refund %s of %d is not in the books", m.ID, m.AmountMinor)
		case r.Status == "failed":
			wrong("refund %s of %d was made, and failed in the books", m.ID, m.AmountMinor)
		}
	}
	for _, r := range refunds {
		if r.Status == "done" && !given[r.Key] {
			wrong("refund %s is done, and the ledger has no such refund", r.Key)
		}
	}
}
