// Package webhooks owns telling other programs what happens in the shop: who is told, and every
// delivery until it came or was given up. A delivery is made at least once; those of one object go
// to a webhook in the order of their events.
package webhooks

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// Errors clients are told about.
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
	errURL      = problem.Invalid(problem.Field{Pointer: "/url", Message: "is not a public address"})
	errInsecure = problem.Invalid(
		problem.Field{Pointer: "/url", Message: "must begin with https://"},
	)
)

// maxWebhooks is how many there may be.
const maxWebhooks = 100

// Settings of the domain.
type Settings struct {
	Log      *slog.Logger
	Secret   []byte           // what the key that seals secrets is made of
	Client   *safehttp.Client // how receivers are called
	Timeout  time.Duration    // what a receiver may take to answer
	Insecure bool             // http:// will do
}

// Webhooks answers the webhook operations, and delivers.
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

// Hear sends events on their way to the webhooks that want them; it is an events.Listener.
func (w *Webhooks) Hear(
	ctx context.Context, q *db.Queries, _ func(river.JobArgs) error, told []events.Told,
) error {
	ids := make([]int64, 0, len(told))
	for _, e := range told {
		ids = append(ids, e.ID)
	}
	return q.AddDeliveries(ctx, ids, events.Public())
}
