// Package orders owns ordering: it turns a cart into an order and takes what was ordered from
// stock, all in one transaction, and moves orders along their way, of which there is one table.
// What an order holds of the stock is exactly what it sold until it is cancelled, and nothing
// afterwards.
package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors clients are told about.
var (
	ErrNotFound   = problem.NotFound("order_not_found", "There is no such order.")
	ErrNoShipment = problem.NotFound(
		"shipment_not_found", "There is nothing to tell of a shipment yet.",
	)
	ErrCartEmpty = problem.Conflict(
		"cart_empty", "The cart is empty. Put something into it, or send items.",
	)
	ErrPriceChanged  = problem.Conflict("price_changed", "The total is not the one you expect.")
	ErrTooManyUnpaid = problem.Conflict(
		"too_many_unpaid_orders",
		"The account has as many unpaid orders as it may. Pay or cancel one first.",
	)
	ErrTotalTooLarge = problem.Conflict(
		"total_too_large", "The total is larger than an amount can be. Order less at once.",
	)
	ErrNotShippable = problem.Conflict(
		"order_not_shippable", "Only an order that is paid and not cancelled can travel.",
	)
	ErrTransition = problem.BadRequest(
		"invalid_transition", "The order cannot go there from where it is.",
	)
	ErrRefunding = problem.Conflict(
		"refund_in_progress",
		"The money is on its way back, and the order is cancelled once it is there.",
	)
	errNoShippingAddr = problem.Invalid(
		problem.Field{Pointer: "/shipping_address_id", Message: "names no address of the account"},
	)
	errNoMethod = problem.Invalid(
		problem.Field{
			Pointer: "/payment_method_id",
			Message: "names no payment method of the account",
		},
	)
	errNoBillingAddr = problem.Invalid(
		problem.Field{Pointer: "/billing_address_id", Message: "names no address of the account"},
	)
	errOutrun = problem.Unavailable(
		"busy", "Too many others are buying the same. Try again in a moment.", time.Second,
	)
)

// Settings of the domain.
type Settings struct {
	Currency      money.Currency
	PaymentWindow time.Duration // after which an unpaid order is cancelled
	MaxUnpaid     int64         // unpaid orders an account may have; 0: any number
	CancelPaid    bool          // customers may cancel what is paid and not shipped
	// PaidByHand notes, in the transaction in which staff says so, that a locked order was paid
	// beside the shop.
	PaidByHand func(ctx context.Context, q *db.Queries, order db.Order) error
	// Refund gives back what an account paid for an order and then cancels it; false while the
	// money is on its way. It runs outside any transaction.
	Refund func(ctx context.Context, order, user int64) (done bool, err error)
}

// Orders answers the order operations.
type Orders struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	queue    *jobs.Queue
	stock    *inventory.Stock
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, queue *jobs.Queue, stock *inventory.Stock, settings Settings) *Orders {
	return &Orders{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		queue:    queue,
		stock:    stock,
		settings: settings,
	}
}

// Expire is a job that cancels orders that were not paid in time.
type Expire struct{}

// Kind implements river.JobArgs.
func (Expire) Kind() string { return "orders.expire" }

// AddWorkers registers what works the domain's jobs.
func (o *Orders) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[Expire]) error { return o.Expire(ctx) },
		),
	)
}

// Reference is what the ledger of stock calls an order.
func Reference(id int64) string { return fmt.Sprintf("order:%d", id) }
