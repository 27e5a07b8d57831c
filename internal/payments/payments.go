// Package payments owns paying: it charges orders through a payment provider, refunds them, saves
// customers' payment methods, and finds out the outcome of calls to the provider that got lost.
//
// Every payment follows the same three steps. First, a row with a key of its own is committed: it
// says what the provider is about to be asked. Then the provider is asked, outside any transaction.
// Last, its response is committed together with the changes of the order. A crash in
// between leaves a pending row, and the job Reconcile asks the provider how it ended.
//
// Locks are taken in this order: the order, the payment, the refund.
package payments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/clock"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// The statuses of a payment (pending, paid, failed, refunded) and of a refund (pending, done,
// failed).
const (
	pending  = "pending"
	paid     = "paid"
	failed   = "failed"
	refunded = "refunded"
	done     = "done"
)

// manual is the provider name of payments that staff recorded, such as bank transfers.
const manual = "manual"

// MaxCallTimeout is the longest a request that calls the provider may take. It is less than the
// timeout the server gives the operation.
const MaxCallTimeout = 40 * time.Second

// Settings of the domain.
type Settings struct {
	Bulkhead *bulkhead.Bulkhead // shared with all that locks rows many lock; nil: none
	Log      *slog.Logger
	Currency money.Currency
	Provider provider.Provider // nil: the shop takes no payments
	// CallTimeout bounds a request that calls the provider; 0 is MaxCallTimeout. Leases and the
	// reconcile interval are derived from it.
	CallTimeout time.Duration
	Clock       *clock.Clock // of the signatures of webhooks; nil: the system's
}

// Payments serves the payment operations.
type Payments struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	queue    *jobs.Queue
	orders   *orders.Orders
	settings Settings
}

// New returns the domain, with its jobs registered in queue.
func New(
	pool *pgxpool.Pool, queue *jobs.Queue, orders *orders.Orders, settings Settings,
) *Payments {
	if settings.CallTimeout == 0 {
		settings.CallTimeout = MaxCallTimeout
	}
	p := &Payments{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		queue:    queue,
		orders:   orders,
		settings: settings,
	}
	jobs.Handle(queue, func(ctx context.Context, _ Reconcile) error { return p.Reconcile(ctx) })
	jobs.Handle(queue, func(ctx context.Context, job GiveBack) error {
		return p.retryRefund(ctx, job.RefundID)
	})
	queue.Every(p.Overdue(), Reconcile{})
	return p
}

// Forget removes the payment methods of an account that is being deleted. Its payments stay.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.RetirePaymentMethods(ctx, user)
}

// PaidByHand records, in the transaction in which staff marks a locked order as paid, that its
// money came without the provider.
func (p *Payments) PaidByHand(ctx context.Context, q *db.Queries, order db.Order) error {
	live, err := q.GetLivePayment(ctx, order.ID)
	if err := postgres.NotFound(err, nil); err != nil {
		return err
	} else if live.ID != 0 {
		return ErrInProgress
	}
	return q.CreateManualPayment(ctx, db.CreateManualPaymentParams{
		OrderID:     order.ID,
		UserID:      order.UserID,
		AmountMinor: order.TotalMinor,
		Currency:    string(p.settings.Currency),
		AttemptKey:  newKey("manual"),
	})
}

// providerNamed returns the provider if it is the one of that name, which the payment or method in
// question was made with. Otherwise it returns ErrUnavailable.
func (p *Payments) providerNamed(name string) (provider.Provider, error) {
	switch {
	case p.settings.Provider == nil:
		return nil, ErrUnavailable.Detailf(
			"The shop takes no payments: no payment provider is set up. Ask the shop.",
		)
	case p.settings.Provider.Name() != name:
		return nil, ErrUnavailable.Detailf(
			"This is kept by the payment provider %s, which the shop does not use any more. "+
				"Ask the shop.",
			name,
		)
	}
	return p.settings.Provider, nil
}

// providerName returns the name of the provider that new payments use; empty without one.
func (p *Payments) providerName() string {
	if p.settings.Provider == nil {
		return ""
	}
	return p.settings.Provider.Name()
}

// detached returns a context that survives the client's disconnecting: a charge must be recorded.
// It ends after CallTimeout.
func (p *Payments) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), p.settings.CallTimeout)
}

// providerTimeout returns how long one call to the provider may take: 5/8 of CallTimeout, which is
// 25 of 40 seconds. The rest is for the database.
func (p *Payments) providerTimeout() time.Duration { return p.settings.CallTimeout * 5 / 8 }

// Overdue returns the age after which a request that called the provider has surely ended: 3/2 of
// CallTimeout, a minute by default. Its lease on the Idempotency-Key ends then, and Reconcile asks
// the provider about the payment.
func (p *Payments) Overdue() time.Duration { return p.settings.CallTimeout * 3 / 2 }

// newKey returns a unique name for a call to the provider.
func newKey(kind string) string { return kind + "_" + rand.Text() }

// requestKey returns the hash of a request's caller and Idempotency-Key, as the payment's row
// stores it; nil without such a key.
func requestKey(ctx context.Context, key *string) []byte {
	if key == nil {
		return nil
	}
	owner := request.From(ctx).Principal.Owner()
	hash := sha256.Sum256([]byte(strconv.FormatInt(owner, 10) + " " + *key))
	return hash[:]
}

// refuseCardNumbers returns ErrCardNumber if one of the texts contains a card number. It is called
// before anything is done with them.
func refuseCardNumbers(texts ...*string) error {
	for _, text := range texts {
		if text != nil && provider.LooksLikeCardNumber(*text) {
			return ErrCardNumber
		}
	}
	return nil
}
