// Package webhooks owns webhooks and their deliveries: it posts events to other programs until they
// accept them or the last attempt has failed. A delivery is made at least once. The deliveries of
// one object go to a webhook in the order of its events.
package webhooks

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/clock"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// Errors of webhooks, as clients see them.
var (
	ErrNotFound         = problem.NotFound("webhook_not_found", "There is no such webhook.")
	ErrDeliveryNotFound = problem.NotFound(
		"delivery_not_found", "The webhook has no such delivery, or it is more than 30 days old.",
	)
	ErrTooMany = problem.Conflict(
		"too_many_webhooks", "There are as many webhooks as there may be. Delete one first.",
	)
	ErrInactive = problem.Conflict(
		"webhook_inactive", "The webhook is not active. Make it active first.",
	)
	errURL = problem.Invalid(
		problem.Field{Pointer: "/url", Message: "is not a public address"},
	)
	errInsecure = problem.Invalid(
		problem.Field{Pointer: "/url", Message: "must begin with https://"},
	)
)

// maxWebhooks is how many webhooks a shop can have.
const maxWebhooks = 100

// Settings of the domain.
type Settings struct {
	Log      *slog.Logger
	Secret   []byte           // the key that encrypts webhook secrets is derived from it
	Client   *safehttp.Client // calls receivers
	Timeout  time.Duration    // how long a receiver may take to respond
	Insecure bool             // accept http:// addresses
	Clock    *clock.Clock     // of signatures; nil: the system's
}

// Webhooks handles the operations on webhooks and delivers events.
type Webhooks struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	seal     seal
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, settings Settings) (*Webhooks, error) {
	seal, err := newSeal(settings.Secret)
	if err != nil {
		return nil, err
	}
	return &Webhooks{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		seal:     seal,
		settings: settings,
	}, nil
}

// HandleEvents creates deliveries for the webhooks that want the events. It is an events.Listener.
func (w *Webhooks) HandleEvents(
	ctx context.Context, q *db.Queries, _ func(river.JobArgs) error, refs []events.Ref,
) error {
	ids := make([]int64, 0, len(refs))
	for _, e := range refs {
		ids = append(ids, e.ID)
	}
	return q.AddDeliveries(ctx, ids, events.Public())
}
