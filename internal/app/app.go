// Package app puts the server together from its settings, runs it and stops it. It is the only
// package that knows all others.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/addresses"
	"github.com/shopd/shopd/internal/apikeys"
	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/feeds"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/integrity"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/notifications"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/payments/testpay"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/clock"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/ratelimit"
	"github.com/shopd/shopd/internal/reviews"
	"github.com/shopd/shopd/internal/search"
	"github.com/shopd/shopd/internal/server"
	"github.com/shopd/shopd/internal/vectors"
	"github.com/shopd/shopd/internal/webhooks"
)

// App is one server with all it needs.
type App struct {
	Identity     *identity.Identity
	Catalog      *catalog.Catalog
	Vectors      *vectors.Vectors
	Search       *search.Search
	Assistant    *assistant.Assistant
	Orders       *orders.Orders
	Payments     *payments.Payments
	TestPayments *testpay.Provider // nil if the shop uses another provider, or none
	Feeds        *feeds.Feeds
	Events       *events.Dispatcher
	Webhooks     *webhooks.Webhooks
	Server       *server.Server

	settings      config.Settings
	log           *slog.Logger
	pool          *pgxpool.Pool
	clock         *clock.Clock // of the database
	redis         redis.UniversalClient
	media         *media.Store
	pages         *cache.Pages // nil if responses are not cached
	queue         *jobs.Queue
	bulkhead      *bulkhead.Bulkhead // of what locks rows that many lock
	mail          mail.Sender
	changes       *catalogueChanges
	metrics       *guard.Metrics // of the model
	model         model.Model
	health        *model.Health
	stock         *inventory.Stock
	carts         *cart.Carts
	notifications *notifications.Notifications
	closers       []func() error
	draining      atomic.Bool // it is about to stop
}

// New connects to what the server needs and puts it together. It waits for PostgreSQL, saying so,
// and fails if the schema is not current or anything is set wrong. Without Redis it starts all the
// same. tracer, which may be nil, sees every SQL statement.
//
// Each step uses what the steps before it made, and nothing of a later one.
func New(
	ctx context.Context, s config.Settings, log *slog.Logger, tracer pgx.QueryTracer,
) (app *App, err error) {
	a := &App{settings: s, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.openDatabase(ctx, tracer); err != nil {
		return nil, err
	}
	if err := a.openStores(ctx); err != nil {
		return nil, err
	}
	if err := a.newIdentity(); err != nil {
		return nil, err
	}
	if err := a.closeDemoAdmin(ctx); err != nil {
		return nil, err
	}
	if err := a.newVectors(ctx); err != nil {
		return nil, err
	}
	a.newCatalogue()
	a.newSearch()
	a.newAssistant()
	a.newSales()
	if err := a.newPayments(); err != nil {
		return nil, err
	}
	a.newFeeds()
	if err := a.newEvents(); err != nil {
		return nil, err
	}
	return a, a.newServer()
}

// newServer puts the domains behind HTTP.
func (a *App) newServer() (err error) {
	s := a.settings
	keys := apikeys.New(a.pool)
	a.Server, err = server.New(server.Options{
		Log:             a.log,
		Pool:            a.pool,
		Limiter:         ratelimit.New(a.redis, s.RedisPrefix, s.RateLimitFactor),
		Pages:           a.pages,
		Authenticate:    a.Identity.Authenticate,
		CheckCSRF:       a.Identity.CheckCSRF,
		AuthenticateKey: keys.Authenticate,
		TurnSales:       a.Catalog.TurnSales,
		Ranks:           identity.Ranks(),
		AllowedOrigins:  s.CORSAllowedOrigins,
		TrustedProxies:  s.TrustedProxies,
		Debug:           s.Debug,
		Site: server.SiteOptions{
			Name:             s.AppName,
			Version:          s.AppVersion,
			MetricsElsewhere: s.MetricsAddress != "",
			Checks:           a.checks(),
		},
		Metrics: []prometheus.Collector{a.metrics},
	}, server.Domains{
		Identity:      a.Identity,
		Addresses:     addresses.New(a.pool),
		Vectors:       a.Vectors,
		Assistant:     a.Assistant,
		Catalog:       a.Catalog,
		Search:        a.Search,
		Stock:         a.stock,
		Carts:         a.carts,
		Orders:        a.Orders,
		Payments:      a.Payments,
		Insights:      a.newInsights(),
		Log:           audit.New(a.pool),
		Keys:          keys,
		Webhooks:      a.Webhooks,
		Notifications: a.notifications,
		Feeds:         a.Feeds,
		Reviews:       reviews.New(a.pool, reviews.Settings{Changed: a.changes.notify}),
	})
	return err
}

// newSender chooses how mail leaves: by SMTP, or without a server into a folder.
func newSender(s config.Settings, log *slog.Logger) (mail.Sender, error) {
	if s.SMTPURL != "" {
		return mail.NewSMTP(s.SMTPURL, s.MailFrom)
	}
	if !s.Debug {
		log.Warn(
			"SMTP_URL is not set: mail is written to files and sent to no one", "folder", s.MailDir,
		)
	}
	return mail.NewFolder(s.MailDir, s.MailFrom, log)
}

// Work works jobs until Close.
func (a *App) Work(ctx context.Context) error {
	if err := a.queue.Start(ctx); err != nil {
		return err
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), a.settings.DrainTimeout)
		defer cancel()
		return a.queue.Stop(ctx)
	}, a.deliverEvents(ctx))
	return nil
}

// openDatabase connects to PostgreSQL and makes sure the database is this program's.
func (a *App) openDatabase(ctx context.Context, tracer pgx.QueryTracer) (err error) {
	if a.pool, err = postgres.Open(
		ctx, a.settings.DatabaseURL, a.settings.DatabasePool, tracer, a.log,
	); err != nil {
		return err
	}
	a.closers = append(a.closers, func() error { a.pool.Close(); return nil })
	if err := waitForPostgres(ctx, a.pool, a.settings, a.log); err != nil {
		return err
	}
	if err := postgres.CheckSchema(ctx, a.pool); err != nil {
		return err
	}
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.closers = append(a.closers, func() error { stop(); return nil })
	if a.clock, err = clock.New(following, db.New(a.pool).ReadClock); err != nil {
		return err
	}
	currency, err := db.New(a.pool).FixStoreCurrency(ctx, string(a.settings.StoreCurrency))
	if err == nil && money.Currency(currency) != a.settings.StoreCurrency {
		err = fmt.Errorf(
			"STORE_CURRENCY: is %s, but the amounts in this database are in %s",
			a.settings.StoreCurrency, currency,
		)
	}
	return err
}

// openStores opens Redis, the media store, the queue of jobs and the mail.
func (a *App) openStores(ctx context.Context) (err error) {
	s := a.settings
	if a.redis, err = cache.Open(s.RedisURL); err != nil {
		return err
	}
	a.closers = append(a.closers, a.redis.Close)
	if a.media, err = media.Open(ctx, s.UploadDir, s.MediaBucket); err != nil {
		return err
	}
	a.closers = append(a.closers, a.media.Close)
	if s.CacheResponses {
		a.pages = cache.NewPages(a.redis, s.RedisPrefix)
	}
	a.changes = &catalogueChanges{pages: a.pages}
	if a.queue, err = jobs.New(a.pool, a.log); err != nil {
		return err
	}
	a.mail, err = newSender(s, a.log)
	return err
}

// waitForPostgres waits until the database is ready, and logs that it waits.
func waitForPostgres(
	ctx context.Context, pool *pgxpool.Pool, s config.Settings, log *slog.Logger,
) error {
	return postgres.WaitReady(
		ctx, pool, s.StartTimeout,
		func(err error) { log.Warn("waiting for PostgreSQL", "error", err.Error()) },
	)
}

// checks are what readiness asks.
func (a *App) checks() []server.Check {
	pending := problem.Unavailable("migrations_pending", "pending", time.Second)
	return []server.Check{
		{Name: "postgres", Required: true, Ask: a.pool.Ping},
		{Name: "migrations", Required: true, Ask: func(ctx context.Context) error {
			err := postgres.CheckSchema(ctx, a.pool)
			if errors.Is(err, postgres.ErrPending) {
				return pending
			}
			return err
		}},
		{Name: "media", Ask: a.media.Check},
		{
			Name: "redis",
			Ask: func(ctx context.Context) error {
				return cache.Check(ctx, a.redis, a.settings.RedisPrefix)
			},
		},
		{Name: "assistant", Ask: a.health.Check},
	}
}

// Check looks whether the books balance.
func (a *App) Check(ctx context.Context) ([]integrity.Result, error) {
	if a.TestPayments == nil {
		return integrity.Check(ctx, a.pool, nil)
	}
	return integrity.Check(ctx, a.pool, a.TestPayments.Ledger)
}

// Close closes everything, last opened first.
func (a *App) Close() error {
	var failed []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		failed = append(failed, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(failed...)
}

// NewLog makes the log the settings ask for, on standard error.
func NewLog(s config.Settings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // checked with the settings
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}
