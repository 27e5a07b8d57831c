// Package orders owns ordering. It turns a cart into an order and takes what was ordered from
// stock, all in one transaction. It moves orders from status to status: one table, in status.go,
// says which status may follow which and who may cause it. An order holds exactly the units that it
// sold until it is cancelled, and none afterwards.
package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Settings of the domain.
type Settings struct {
	Bulkhead      *bulkhead.Bulkhead // shared with all that locks rows many lock; nil: none
	Currency      money.Currency
	PaymentWindow time.Duration // an order that is not paid within it is cancelled
	MaxUnpaid     int64         // unpaid orders an account may have; 0: any number
	CancelPaid    bool          // customers may cancel orders that are paid and not shipped
}

// Payments is what orders need of the payments.
type Payments struct {
	// PaidByHand is called in the transaction in which staff marks a locked order as paid. It
	// records that the money came without the payment provider.
	PaidByHand func(ctx context.Context, q *db.Queries, order db.Order) error
	// Refund refunds what an account paid for an order and then cancels the order. It returns false
	// while the refund is pending. It runs outside any transaction.
	Refund func(ctx context.Context, order, user int64) (done bool, err error)
}

// Orders serves the order operations.
type Orders struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	stock    *inventory.Stock
	settings Settings
	payments Payments
}

// New returns the domain, with its jobs registered in queue.
func New(pool *pgxpool.Pool, queue *jobs.Queue, stock *inventory.Stock, settings Settings) *Orders {
	o := &Orders{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		stock:    stock,
		settings: settings,
	}
	jobs.Handle(queue, func(ctx context.Context, _ Expire) error { return o.Expire(ctx) })
	queue.Every(time.Minute, Expire{})
	return o
}

// UsePayments sets the payments, which themselves need the orders. It must be called before the
// first request.
func (o *Orders) UsePayments(payments Payments) {
	o.payments = payments
}

// LockNames returns the names under which an order is locked inside the bulkhead and, if it may be
// cancelled, the stock of its products.
func (o *Orders) LockNames(ctx context.Context, order int64, mayCancel bool) ([]string, error) {
	names := []string{Reference(order)}
	if !mayCancel {
		return names, nil
	}
	products, err := o.queries.ListOrderProducts(ctx, order)
	return append(names, stockNames(products)...), err
}

// stockNames returns the names under which the stock of products is locked inside the bulkhead.
func stockNames(products []int64) []string {
	names := make([]string, len(products))
	for i, product := range products {
		names[i] = fmt.Sprintf("stock:%d", product)
	}
	return names
}

// Reference returns the name of an order in the ledger of stock and at payment providers, such as
// "order:42".
func Reference(id int64) string { return fmt.Sprintf("order:%d", id) }
