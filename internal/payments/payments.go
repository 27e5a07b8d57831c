// Package payments owns paying: it charges orders through a payment provider, gives money back,
// keeps customers' payment methods, and finds out what became of a charge whose outcome nobody
// heard.
//
// The rule behind it: what is to happen at the provider is committed first, under a key of its own;
// the provider is asked outside any transaction; what it answered is committed together with what
// follows from it for the order. Whatever crashes in between leaves a row that says what was asked,
// and the job Reconcile finds out the rest. Whoever changes a payment locks its order first, then
// the payment, then the refund.
package payments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors clients are told about.
var (
	ErrNotFound       = problem.NotFound("payment_not_found", "There is no such payment.")
	ErrMethodNotFound = problem.NotFound(
		"payment_method_not_found", "The account has no such payment method.",
	)
	ErrMethodUnusable = problem.Conflict(
		"payment_method_unusable",
		"The payment provider cannot use this payment method any more. Delete it and save another.",
	)
	ErrMethodKnown = problem.Conflict(
		"payment_method_exists", "This payment method is saved already.",
	)
	ErrTooManyMethods = problem.Conflict(
		"too_many_payment_methods",
		"The account has 20 payment methods, which is the most. Delete one first.",
	)
	ErrNotPayable = problem.Conflict(
		"order_not_payable", "Only an order that is PENDING can be paid.",
	)
	ErrAlreadyPaid  = problem.Conflict("order_already_paid", "The order is paid already.")
	ErrNothingToPay = problem.Conflict("nothing_to_pay", "The order costs nothing.")
	ErrInProgress   = problem.Conflict(
		"payment_in_progress",
		"A payment of this order is under way. Wait until it is known how it ends.",
	)
	ErrAmount = problem.Conflict(
		"amount_refused", "The payment provider does not take this amount.",
	)
	ErrNoLonger = problem.Conflict(
		"order_not_payable",
		"The order was cancelled while it was paid. The money goes back by itself.",
	)
	ErrDeclined = &problem.Error{
		Status:     http.StatusPaymentRequired,
		Code:       "payment_declined",
		Resolution: problem.ChooseAgain,
		Detail:     "The payment was declined.",
	}
	ErrMismatch = &problem.Error{
		Status:     http.StatusConflict,
		Code:       amountMismatch,
		Resolution: problem.ContactShop,
		Detail:     mismatchMessage,
	}
	ErrCardNumber = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "card_number_refused",
		Resolution: problem.FixRequest,
		Detail:     "This looks like a card number, and the shop must not see one. Send a token of the payment provider.",
	}
	ErrUnavailable = problem.Unavailable(
		"payments_unavailable",
		"The payment provider is out of reach, and nothing was done. Try again in a few minutes.",
		30*time.Second,
	)
	ErrTooLarge        = problem.Conflict("refund_too_large", "It is more than is left of the payment.")
	ErrNothingToRefund = problem.Conflict(
		"nothing_to_refund", "Nothing that was paid for this order is left to be given back.",
	)
	ErrNotCancellable = problem.Conflict(
		"order_not_cancellable",
		"Only an order that is PAID, all of whose money goes back, can be cancelled this way.",
	)
	ErrRefundFailed = &problem.Error{
		Status:     http.StatusConflict,
		Code:       "refund_failed",
		Resolution: problem.ContactShop,
		Detail:     "The payment provider could not give the money back. Nothing changed; ask the shop.",
	}
	ErrNoWebhook = problem.NotFound(
		"webhook_not_found", "The shop does not use this payment provider.",
	)
	ErrWebhookRefused = problem.BadRequest(
		"webhook_refused",
		"It is not signed rightly, or too old, or does not fit what it tells of.",
	)
)

// The statuses of a payment, and of a refund.
const (
	pending  = "pending"
	paid     = "paid"
	failed   = "failed"
	refunded = "refunded"
	done     = "done"
)

// manual is the provider of money that came beside the shop.
const manual = "manual"

// MaxCallTimeout is how long a call that asks the provider may take at most: less than the server
// gives an operation.
const MaxCallTimeout = 40 * time.Second

// Settings of the domain.
type Settings struct {
	Log      *slog.Logger
	Currency money.Currency
	Provider provider.Provider // nil: the shop takes no payments
	// CallTimeout is how long a call that asks the provider may take; 0 is MaxCallTimeout. Nobody
	// waits longer, so that everything else that waits for a call that was cut off goes by it.
	CallTimeout time.Duration
}

// Payments answers the payment operations.
type Payments struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	queue    *jobs.Queue
	orders   *orders.Orders
	settings Settings
}

// New makes the domain.
func New(
	pool *pgxpool.Pool, queue *jobs.Queue, orders *orders.Orders, settings Settings,
) *Payments {
	if settings.CallTimeout == 0 {
		settings.CallTimeout = MaxCallTimeout
	}
	return &Payments{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		queue:    queue,
		orders:   orders,
		settings: settings,
	}
}

// AddWorkers registers what works the domain's jobs.
func (p *Payments) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[Reconcile]) error { return p.Reconcile(ctx) },
		),
	)
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, job *river.Job[GiveBack]) error { return p.goOn(ctx, job.Args.RefundID) },
		),
	)
}

// Forget takes away the payment methods of an account that is deleted. Its payments stay.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.RetirePaymentMethods(ctx, user)
}

// PaidByHand notes, in the transaction in which staff says so, that a locked order was paid beside
// the shop.
func (p *Payments) PaidByHand(ctx context.Context, q *db.Queries, order db.Order) error {
	if _, err := q.GetLivePayment(ctx, order.ID); !errors.Is(err, pgx.ErrNoRows) {
		if err == nil {
			err = ErrInProgress
		}
		return err
	}
	return q.NoteManualPayment(ctx, db.NoteManualPaymentParams{
		OrderID:     order.ID,
		UserID:      order.UserID,
		AmountMinor: order.TotalMinor,
		Currency:    string(p.settings.Currency),
		AttemptKey:  newKey("manual"),
	})
}

// usable is the provider that payments and methods of that name need.
func (p *Payments) usable(name string) (provider.Provider, error) {
	switch {
	case p.settings.Provider == nil:
		return nil, ErrUnavailable.Detailf(
			"The shop takes no payments: no payment provider is set up. Ask the shop.",
		)
	case p.settings.Provider.Name() != name:
		return nil, ErrUnavailable.Detailf(
			"This is kept by the payment provider %s, which the shop does not use any more. Ask the shop.",
			name,
		)
	}
	return p.settings.Provider, nil
}

// current is the name of the provider new payments go to; empty without one.
func (p *Payments) current() string {
	if p.settings.Provider == nil {
		return ""
	}
	return p.settings.Provider.Name()
}

// detached is a context for a call that goes on when its client hangs up: what was charged must be
// noted.
func (p *Payments) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), p.settings.CallTimeout)
}

// providerTimeout is how long the provider may take of a call: 25 of its 40 seconds.
func (p *Payments) providerTimeout() time.Duration { return p.settings.CallTimeout * 5 / 8 }

// Overdue is when a call that has not ended was cut off, a minute after it began: its
// Idempotency-Key is free again then, and Reconcile asks what became of it.
func (p *Payments) Overdue() time.Duration { return p.settings.CallTimeout * 3 / 2 }

// newKey is a name nobody else has.
func newKey(kind string) string { return kind + "_" + rand.Text() }

// requestKey is what a row keeps of the Idempotency-Key of the call that began it.
func requestKey(key *string) []byte {
	if key == nil {
		return nil
	}
	hash := sha256.Sum256([]byte(*key))
	return hash[:]
}

// refuseCardNumbers refuses texts that hold a card number, before anything is made of them.
func refuseCardNumbers(texts ...*string) error {
	for _, text := range texts {
		if text != nil && provider.LooksLikeCardNumber(*text) {
			return ErrCardNumber
		}
	}
	return nil
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
