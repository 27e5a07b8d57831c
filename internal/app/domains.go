package app

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/riverqueue/river"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/addresses"
	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/feeds"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/insights"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/reviews"
	"github.com/shopd/shopd/internal/search"
)

// newIdentity makes the accounts.
func (a *App) newIdentity(client redis.UniversalClient, sender mail.Sender) (err error) {
	s := a.settings
	var publicLogin *identity.Credentials
	if !s.Debug {
		publicLogin = &identity.Credentials{Email: DemoAdminEmail, Password: DemoAdminPassword}
	}
	if a.Identity, err = identity.New(identity.Parts{
		Pool: a.pool, Queue: a.queue, LinkTokens: onetime.New(client, s.RedisPrefix), Mail: sender,
	}, identity.Settings{
		Secret:          []byte(s.SecretKey),
		Algorithm:       s.Algorithm,
		KeysDir:         s.JWTKeysDir,
		Issuer:          s.AppName,
		BcryptCost:      s.BcryptCost,
		AccessLifetime:  time.Duration(s.AccessTokenMinutes) * time.Minute,
		RefreshLifetime: time.Duration(s.RefreshTokenDays) * 24 * time.Hour,
		FreeFailures:    s.LoginFreeFailures,
		HideAccounts:    s.RegisterEnumeration == "hidden",
		PublicLogin:     publicLogin,
		Forget:          forget,
		Currency:        s.StoreCurrency,
		ResetURL:        s.PasswordResetBaseURL,
		VerificationURL: s.EmailVerificationBaseURL,
	}); err != nil {
		return err
	}
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
		Critical: s.StockCritical,
		Low:      s.StockLow,
		Medium:   s.StockMedium,
		Changed:  a.catalogueChanged,
	})
	a.carts = cart.New(a.pool, a.queue, cart.Settings{
		Currency:    s.StoreCurrency,
		MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/"),
	})
	a.orders = orders.New(a.pool, a.queue, a.stock, orders.Settings{
		Currency:      s.StoreCurrency,
		PaymentWindow: s.OrderPaymentWindow,
		MaxUnpaid:     int64(s.OrderMaxOpenUnpaid),
		CancelPaid:    s.OrderCancelUntil == "shipped",
		PaidByHand: func(ctx context.Context, q *db.Queries, order db.Order) error {
			return a.payments.PaidByHand(ctx, q, order)
		},
		Refund: func(ctx context.Context, order, user int64) (bool, error) { return a.payments.Refund(ctx, order, user) },
	})
	river.AddWorker(
		workers,
		river.WorkFunc(func(ctx context.Context, _ *river.Job[idempotency.Sweep]) error {
			return db.New(a.pool).PurgeIdempotencyKeys(ctx)
		}),
	)
	a.queue.Every(time.Hour, idempotency.Sweep{})
}

// followCatalogue keeps what is made of products up to date with them: their vectors.
func (a *App) followCatalogue(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(func(ctx context.Context, job *river.Job[catalog.ProductChanged]) error {
			defer a.catalogueChanged(ctx)
			return a.Assistant.Follow(ctx, job.Args.ID)
		}),
	)
	river.AddWorker(
		workers,
		river.WorkFunc(func(ctx context.Context, _ *river.Job[catalog.NamesChanged]) error {
			defer a.catalogueChanged(ctx)
			return a.Assistant.FollowAll(ctx)
		}),
	)
}

func (a *App) newAssistant(ctx context.Context, workers *river.Workers) error {
	s := a.settings
	a.assistantMetrics = guard.NewMetrics()
	model, dimensions, err := a.newProvider(ctx, a.assistantMetrics)
	if err != nil {
		return err
	}
	a.Assistant = assistant.New(a.pool, a.queue, model, assistant.Settings{
		Log:                 a.log,
		Currency:            s.StoreCurrency,
		Dimensions:          dimensions,
		TopK:                s.RAGTopK,
		CandidateMultiplier: s.RAGCandidateMultiplier,
		Threshold:           s.RAGSimilarityThreshold,
		MaxHistory:          s.RAGMaxHistory,
		CommitBatch:         s.RAGCommitBatchSize,
		PerMinute:           s.RAGIndexPerMinute,
		LocalOnOutage:       s.RAGOutage == "local",
		Metrics:             a.assistantMetrics,
		Former:              a.formerModel(a.assistantMetrics),
		Words: func(ctx context.Context, text string) (search.Interpretation, error) {
			return a.Search.Interpret(ctx, text)
		},
	})
	a.Assistant.AddWorkers(workers)
	a.closers = append(a.closers, func() error { a.Assistant.Close(); return nil })
	return nil
}

// newCatalogue makes the catalogue and the search in it, which forgets what it knew when the
// catalogue changes.
func (a *App) newCatalogue(workers *river.Workers) {
	a.Catalog = catalog.New(a.pool, a.queue, a.media, catalog.Settings{
		Log:         a.log,
		Currency:    a.settings.StoreCurrency,
		MediaPrefix: strings.TrimRight(a.settings.MediaURLPrefix, "/"),
		Fetch:       safehttp.New(safehttp.Settings{Allowed: a.settings.FetchAllowedNetworks}),
		Changed:     a.catalogueChanged,
	})
	a.Catalog.AddWorkers(workers)
	a.queue.Every(time.Hour, catalog.CountSales{})
	a.queue.Every(media.SweepPeriod, catalog.SweepFiles{})
	a.Search = search.New(a.pool, a.Catalog, search.Settings{
		Log:        a.log,
		Currency:   a.settings.StoreCurrency,
		Understand: a.Assistant.Understand,
		Model:      a.Assistant.Model,
		Changed:    a.catalogueChanged,
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
		Log:         a.log,
		Currency:    s.StoreCurrency,
		MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/"),
		Storefront:  strings.TrimRight(s.StorefrontURL, "/"),
		Name:        s.AppName,
		Token:       s.FeedToken,
		Fetch: safehttp.New(
			safehttp.Settings{Allowed: s.FetchAllowedNetworks, EndWithin: feedFetch},
		),
		Changed: a.catalogueChanged,
	})
	a.feeds.AddWorkers(workers, a.queue)
}

// newInsights makes what those who run the shop look at.
func (a *App) newInsights(client redis.UniversalClient) *insights.Insights {
	s := a.settings
	return insights.New(a.pool, a.queue, insights.Settings{
		Currency: s.StoreCurrency,
		Zone:     s.StoreTimeZone,
		Low:      s.StockLow,
		Version:  s.AppVersion,
		Redis:    func(ctx context.Context) (cache.Facts, error) { return cache.Describe(ctx, client) },
	})
}
