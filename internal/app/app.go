// Package app puts the server together from its settings, runs it and stops it. It is the only package that
// knows all others.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/addresses"
	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/assistant/guard"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/feeds"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/insights"
	"github.com/shopd/shopd/internal/integrity"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/payments/testpay"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/ratelimit"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/reviews"
	"github.com/shopd/shopd/internal/search"
	"github.com/shopd/shopd/internal/server"
)

// App is one server with all it needs.
type App struct {
	Identity  *identity.Identity
	Assistant *assistant.Assistant
	Catalog   *catalog.Catalog
	Search    *search.Search
	Server    *server.Server

	settings config.Settings
	log      *slog.Logger
	pool     *pgxpool.Pool
	media    *media.Store
	stock    *inventory.Stock
	carts    *cart.Carts
	orders   *orders.Orders
	payments *payments.Payments
	told     told
	feeds    *feeds.Feeds
	queue    *jobs.Queue
	pages    *cache.Pages
	platform *server.Platform
	closers  []func() error

	assistantMetrics *guard.Metrics

	testPayments *testpay.Provider // nil: another provider, or none
}

// New connects to what the server needs and puts it together. It waits for PostgreSQL, saying so, and fails if
// the schema is not current or anything is set wrong. Without Redis it starts all the same. tracer, which may be
// nil, sees every SQL statement.
func New(ctx context.Context, s config.Settings, log *slog.Logger, tracer pgx.QueryTracer) (app *App, err error) {
	a := &App{settings: s, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.connect(ctx, tracer); err != nil {
		return nil, err
	}
	client, err := cache.Open(s.RedisURL)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, client.Close)
	if a.media, err = media.Open(ctx, s.UploadDir, s.MediaBucket); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.media.Close)
	if s.CacheResponses {
		a.pages = cache.NewPages(client, s.RedisPrefix)
	}
	workers := river.NewWorkers()
	if a.queue, err = jobs.New(a.pool, workers, log); err != nil {
		return nil, err
	}
	sender, err := newSender(s, log)
	if err != nil {
		return nil, err
	}
	if err := a.newIdentity(client, sender, workers); err != nil {
		return nil, err
	}
	if err := a.newAssistant(ctx, workers); err != nil {
		return nil, err
	}
	a.newCatalogue(workers)
	a.followCatalogue(workers)
	a.newSales(workers)
	a.newFeeds(workers)
	if err := a.newPayments(workers); err != nil {
		return nil, err
	}
	if err := a.newTold(sender, workers); err != nil {
		return nil, err
	}
	if err := a.newServer(client); err != nil {
		return nil, err
	}
	return a, nil
}

// newIdentity makes the accounts.
func (a *App) newIdentity(client redis.UniversalClient, sender mail.Sender, workers *river.Workers) (err error) {
	s := a.settings
	if a.Identity, err = identity.New(identity.Parts{
		Pool: a.pool, Queue: a.queue, Tokens: onetime.New(client, s.RedisPrefix), Mail: sender,
	}, identity.Settings{
		Secret: []byte(s.SecretKey), Algorithm: s.Algorithm, KeysDir: s.JWTKeysDir, Issuer: s.AppName, BcryptCost: s.BcryptCost,
		AccessLifetime:  time.Duration(s.AccessTokenMinutes) * time.Minute,
		RefreshLifetime: time.Duration(s.RefreshTokenDays) * 24 * time.Hour,
		FreeFailures:    s.LoginFreeFailures, HideAccounts: s.RegisterEnumeration == "hidden", Forget: forget, Currency: s.StoreCurrency,
		ResetURL: s.PasswordResetBaseURL, VerificationURL: s.EmailVerificationBaseURL,
	}); err != nil {
		return err
	}
	a.Identity.AddWorkers(workers)
	a.queue.Every(time.Hour, identity.Sweep{})
	return nil
}

// forget removes what else is known of an account that is deleted. Its orders stay.
func forget(ctx context.Context, q *db.Queries, user int64) error {
	if err := addresses.Forget(ctx, q, user); err != nil {
		return err
	}
	if err := reviews.Forget(ctx, q, user); err != nil {
		return err
	}
	if err := payments.Forget(ctx, q, user); err != nil {
		return err
	}
	return cart.Forget(ctx, q, user)
}

// newSales makes what sells: stock, carts and orders.
func (a *App) newSales(workers *river.Workers) {
	s := a.settings
	a.stock = inventory.New(a.pool, inventory.Settings{
		Critical: s.StockCritical, Low: s.StockLow, Medium: s.StockMedium, Changed: a.catalogueChanged,
	})
	a.carts = cart.New(a.pool, cart.Settings{Currency: s.StoreCurrency, MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/")})
	a.carts.AddWorkers(workers)
	a.orders = orders.New(a.pool, a.queue, a.stock, orders.Settings{
		Currency: s.StoreCurrency, PaymentWindow: s.OrderPaymentWindow, MaxUnpaid: int64(s.OrderMaxOpenUnpaid), CancelPaid: s.OrderCancelUntil == "shipped",
		PaidByHand: func(ctx context.Context, q *db.Queries, order db.Order) error {
			return a.payments.PaidByHand(ctx, q, order)
		},
		Refund: func(ctx context.Context, order, user int64) (bool, error) { return a.payments.Refund(ctx, order, user) },
	})
	a.orders.AddWorkers(workers)
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[idempotency.Sweep]) error {
		return db.New(a.pool).SweepIdempotencyKeys(ctx)
	}))
	a.queue.Every(time.Minute, orders.Expire{})
	a.queue.Every(time.Hour, cart.Sweep{})
	a.queue.Every(time.Hour, idempotency.Sweep{})
}

// followCatalogue keeps what is made of products up to date with them: their vectors.
func (a *App) followCatalogue(workers *river.Workers) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[catalog.ProductChanged]) error {
		defer a.catalogueChanged(ctx)
		return a.Assistant.Follow(ctx, job.Args.ID)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[catalog.NamesChanged]) error {
		defer a.catalogueChanged(ctx)
		return a.Assistant.FollowAll(ctx)
	}))
}

func (a *App) newAssistant(ctx context.Context, workers *river.Workers) error {
	s := a.settings
	a.assistantMetrics = guard.NewMetrics()
	model, dimensions, err := a.newProvider(ctx, a.assistantMetrics)
	if err != nil {
		return err
	}
	a.Assistant = assistant.New(a.pool, a.queue, model, assistant.Settings{
		Log: a.log, Currency: s.StoreCurrency, Dimensions: dimensions, TopK: s.RAGTopK, CandidateMultiplier: s.RAGCandidateMultiplier,
		Threshold: s.RAGSimilarityThreshold, MaxHistory: s.RAGMaxHistory, CommitBatch: s.RAGCommitBatchSize,
		PerMinute: s.RAGIndexPerMinute, LocalOnOutage: s.RAGOutage == "local", Metrics: a.assistantMetrics, Former: a.formerModel(a.assistantMetrics),
		Words: func(ctx context.Context, text string) (search.Reading, error) { return a.Search.Read(ctx, text) },
	})
	a.Assistant.AddWorkers(workers)
	a.closers = append(a.closers, func() error { a.Assistant.Close(); return nil })
	return nil
}

// newCatalogue makes the catalogue and the search in it, which forgets what it knew when the catalogue changes.
func (a *App) newCatalogue(workers *river.Workers) {
	a.Catalog = catalog.New(a.pool, a.queue, a.media, catalog.Settings{
		Log: a.log, Currency: a.settings.StoreCurrency, MediaPrefix: strings.TrimRight(a.settings.MediaURLPrefix, "/"),
		Model: a.Assistant.Model, Fetch: safehttp.New(safehttp.Settings{Allowed: a.settings.FetchAllowedNetworks}), Changed: a.catalogueChanged,
	})
	a.Catalog.AddWorkers(workers)
	a.queue.Every(time.Hour, catalog.CountSales{})
	a.queue.Every(catalog.SweepFilesPeriod, catalog.SweepFiles{})
	a.Search = search.New(a.pool, a.Catalog, search.Settings{
		Log: a.log, Currency: a.settings.StoreCurrency, Understand: a.Assistant.Understand, Changed: a.catalogueChanged,
	})
	a.closers = append(a.closers, func() error { a.Search.Close(); return nil })
	a.Search.AddWorkers(workers)
	a.queue.Every(search.RecountPeriod, search.Recount{})
}

// feedFetch is how long the file of an import may take to come.
const feedFetch = 5 * time.Minute

// newFeeds makes what reads and writes files of products.
func (a *App) newFeeds(workers *river.Workers) {
	s := a.settings
	a.feeds = feeds.New(a.pool, a.queue, a.media, a.Catalog, a.stock, feeds.Settings{
		Log: a.log, Currency: s.StoreCurrency, MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/"),
		Storefront: strings.TrimRight(s.StorefrontURL, "/"), Name: s.AppName, Token: s.FeedToken,
		Fetch: safehttp.New(safehttp.Settings{Allowed: s.FetchAllowedNetworks, EndWithin: feedFetch}), Changed: a.catalogueChanged,
	})
	a.feeds.AddWorkers(workers, a.queue)
}

// Feeds are the shop's files of products, for the command line.
func (a *App) Feeds() *feeds.Feeds { return a.feeds }

// newServer puts the domains behind HTTP.
func (a *App) newServer(client redis.UniversalClient) (err error) {
	s := a.settings
	a.platform = &server.Platform{
		Name: s.AppName, Version: s.AppVersion, MetricsElsewhere: s.MetricsAddress != "", Checks: a.checks(client),
	}
	a.Server, err = server.New(server.Options{
		Log: a.log, Pool: a.pool, Limiter: ratelimit.New(client, s.RedisPrefix, s.RateLimitFactor), Pages: a.pages,
		Authenticate: a.Identity.Authenticate, CheckCSRF: a.Identity.CheckCSRF, Ranks: identity.Ranks(),
		AllowedOrigins: s.CORSAllowedOrigins, TrustedProxies: s.TrustedProxies, Contract: gen.Contract,
		Metrics: []prometheus.Collector{a.assistantMetrics},
	}, server.Domains{
		Identity: a.Identity, Addresses: addresses.New(a.pool), Assistant: a.Assistant, Platform: a.platform,
		Catalog: a.Catalog, Search: a.Search,
		Stock: a.stock, Carts: a.carts, Orders: a.orders, Payments: a.payments,
		Insights: a.newInsights(client), Log: audit.New(a.pool),
		Webhooks: a.told.webhooks, Notifications: a.told.notifications,
		Feeds:   a.feeds,
		Reviews: reviews.New(a.pool, reviews.Settings{Changed: a.catalogueChanged}),
	})
	return err
}

// newInsights makes what those who run the shop look at.
func (a *App) newInsights(client redis.UniversalClient) *insights.Insights {
	s := a.settings
	return insights.New(a.pool, a.queue, insights.Settings{
		Currency: s.StoreCurrency, Zone: s.StoreTimeZone, Low: s.StockLow, Version: s.AppVersion,
		Redis: func(ctx context.Context) (cache.Facts, error) { return cache.Describe(ctx, client) },
	})
}

// catalogueChanged lets no kept answer, and no search, show what was before a change that is committed.
func (a *App) catalogueChanged(ctx context.Context) {
	a.Search.Forget()
	if a.pages != nil {
		a.pages.Forget(context.WithoutCancel(ctx))
	}
}

// newSender chooses how mail leaves: by SMTP, or without a server into a folder.
func newSender(s config.Settings, log *slog.Logger) (mail.Sender, error) {
	if s.SMTPURL != "" {
		return mail.NewSMTP(s.SMTPURL, s.MailFrom)
	}
	if !s.Debug {
		log.Warn("SMTP_URL is not set: mail is kept as files and reaches nobody", "folder", s.MailDir)
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
	}, a.told.start(ctx, a.settings.DrainTimeout))
	return nil
}

// connect opens the database and makes sure it is this program's.
func (a *App) connect(ctx context.Context, tracer pgx.QueryTracer) (err error) {
	if a.pool, err = postgres.Open(ctx, a.settings.DatabaseURL, a.settings.DatabasePool, tracer); err != nil {
		return err
	}
	a.closers = append(a.closers, func() error { a.pool.Close(); return nil })
	if err := waitForPostgres(ctx, a.pool, a.settings, a.log); err != nil {
		return err
	}
	if err := postgres.CheckSchema(ctx, a.pool); err != nil {
		return err
	}
	currency, err := db.New(a.pool).FixStoreCurrency(ctx, string(a.settings.StoreCurrency))
	if err == nil && money.Currency(currency) != a.settings.StoreCurrency {
		err = fmt.Errorf("STORE_CURRENCY: is %s, but the amounts in this database are in %s", a.settings.StoreCurrency, currency)
	}
	return err
}

// waitForPostgres waits until the database answers, saying so.
func waitForPostgres(ctx context.Context, pool *pgxpool.Pool, s config.Settings, log *slog.Logger) error {
	return postgres.WaitReady(ctx, pool, s.StartTimeout, func(err error) { log.Warn("waiting for PostgreSQL", "error", err.Error()) })
}

// checks are what readiness asks.
func (a *App) checks(client redis.UniversalClient) []server.Check {
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
		{Name: "redis", Ask: func(ctx context.Context) error { return cache.Check(ctx, client, a.settings.RedisPrefix) }},
		{Name: "assistant", Ask: a.Assistant.Check},
	}
}

// Check looks whether the books balance.
func (a *App) Check(ctx context.Context) ([]integrity.Result, error) {
	if a.testPayments == nil {
		return integrity.Check(ctx, a.pool, nil)
	}
	return integrity.Check(ctx, a.pool, a.testPayments.Ledger)
}

// Orders are the shop's orders, for jobs that are run by hand.
func (a *App) Orders() *orders.Orders { return a.orders }

// Close lets go of everything, last opened first.
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
