// Package integrity checks whether the books of a shop balance: stock with its ledger; orders with
// their lines, their stock, their history and their payments; payments with the test provider's
// ledger. In a sound shop no check finds anything.
package integrity

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// maxFindings is how many findings a check returns.
const maxFindings = 100

// Result is the result of one check.
type Result struct {
	Name    string
	Checked int64    // rows
	Found   []string // what is wrong: maxFindings at most
}

// Check runs all checks on one snapshot of the database. It takes no locks. ledger reads the test
// provider's ledger; it is nil if the shop uses another provider.
func Check(
	ctx context.Context, pool *pgxpool.Pool, ledger func() (testpay.Ledger, error),
) (results []Result, err error) {
	err = pgx.BeginTxFunc(
		ctx,
		pool,
		pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly},
		func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
				return err
			}
			results, err = check(ctx, db.New(tx), ledger)
			return err
		},
	)
	return results, err
}

// check runs all checks in a transaction.
func check(
	ctx context.Context, q *db.Queries, ledger func() (testpay.Ledger, error),
) ([]Result, error) {
	books, err := q.CountBooks(ctx)
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, t := range orders.Transitions() {
		steps = append(steps, t.From+">"+t.To)
	}
	histories := func(ctx context.Context, limit int32) ([]string, error) {
		return q.FindWrongHistories(ctx, steps, limit)
	}
	results := make([]Result, 0, 10)
	for _, one := range []struct {
		name    string
		checked int64
		find    func(context.Context, int32) ([]string, error)
	}{
		{"every level is the sum of its movements", books.Levels, q.FindUnbalancedLevels},
		{"every movement is of a level", books.Movements, q.FindStrayMovements},
		{
			"every variant's stock is the sum of its levels", books.Variants,
			q.FindWrongVariantStocks,
		},
		{"every listing shows the stock of its variants", books.Listings, q.FindWrongListingStocks},
		{"every order's total is the sum of its lines", books.Orders, q.FindWrongOrderTotals},
		{
			"every order holds the units of its lines, and none once cancelled", books.Orders,
			q.FindWrongHoldings,
		},
		{"every order's history is a way there is, to its status", books.Orders, histories},
		{"every order is paid once, with its total", books.Orders, q.FindWrongOrderPayments},
		{
			"every payment's refunds add up to what was given back", books.Payments,
			q.FindWrongRefunds,
		},
	} {
		found, err := one.find(ctx, maxFindings)
		if err != nil {
			return nil, err
		}
		results = append(results, Result{one.name, one.checked, found})
	}
	if ledger == nil {
		return results, nil
	}
	charges, err := compareLedger(ctx, q, ledger, books.At)
	return append(results, charges), err
}
