package app

import (
	"context"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/addresses"
	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/feeds"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/insights"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/reviews"
	"github.com/shopd/shopd/internal/search"
	"github.com/shopd/shopd/internal/vectors"
)

// newIdentity makes the accounts.
func (a *App) newIdentity() (err error) {
	s := a.settings
	var publicLogin *identity.Credentials
	if !s.Debug {
		publicLogin = &identity.Credentials{Email: DemoAdminEmail, Password: DemoAdminPassword}
	}
	if a.Identity, err = identity.New(identity.Parts{
		Pool:       a.pool,
		Queue:      a.queue,
		LinkTokens: onetime.New(a.redis, s.RedisPrefix),
		Mail:       a.mail,
		Clock:      a.clock,
	}, identity.Settings{
		Secret:          []byte(s.SecretKey),
		Algorithm:       s.Algorithm,
		KeysDir:         s.JWTKeysDir,
		Issuer:          s.AppName,
		BcryptCost:      s.BcryptCost,
		AccessLifetime:  time.Duration(s.AccessTokenMinutes) * time.Minute,
		RefreshLifetime: time.Duration(s.RefreshTokenDays) * 24 * time.Hour,
		RefreshLeeway:   s.RefreshLeeway,
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
func (a *App) newSales() {
	s := a.settings
	a.bulkhead = bulkhead.New(s.DatabasePool)
	a.stock = inventory.New(a.pool, inventory.Settings{
		Critical: s.StockCritical,
		Low:      s.StockLow,
		Medium:   s.StockMedium,
		Changed:  a.changes.notify,
	})
	a.carts = cart.New(a.pool, a.queue, cart.Settings{
		Bulkhead:    a.bulkhead,
		Currency:    s.StoreCurrency,
		MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/"),
	})
	a.Orders = orders.New(a.pool, a.queue, a.stock, orders.Settings{
		Bulkhead:      a.bulkhead,
		Currency:      s.StoreCurrency,
		PaymentWindow: s.OrderPaymentWindow,
		MaxUnpaid:     int64(s.OrderMaxOpenUnpaid),
		CancelPaid:    s.OrderCancelUntil == "shipped",
	})
	jobs.Handle(a.queue, func(ctx context.Context, _ idempotency.Sweep) error {
		return db.New(a.pool).PurgeIdempotencyKeys(ctx)
	})
	a.queue.Every(time.Hour, idempotency.Sweep{})
}

// newVectors makes the model and the vectors it makes, which follow the changes of products.
func (a *App) newVectors(ctx context.Context) error {
	s := a.settings
	a.metrics = guard.NewMetrics()
	a.health = model.NewHealth(a.log)
	dimensions, err := a.newModel(ctx)
	if err != nil {
		return err
	}
	a.Vectors = vectors.New(a.pool, a.queue, a.model, a.health, vectors.Settings{
		Log:         a.log,
		Currency:    s.StoreCurrency,
		Dimensions:  dimensions,
		Threshold:   s.RAGSimilarityThreshold,
		CommitBatch: s.RAGCommitBatchSize,
		PerMinute:   s.RAGIndexPerMinute,
		Former:      a.formerModel(),
	})
	a.closers = append(a.closers, func() error { a.Vectors.Close(); return nil })
	jobs.Handle(a.queue, func(ctx context.Context, changed catalog.ProductChanged) error {
		defer a.changes.notify(ctx)
		return a.Vectors.Follow(ctx, changed.ID)
	})
	jobs.Handle(a.queue, func(ctx context.Context, _ catalog.NamesChanged) error {
		defer a.changes.notify(ctx)
		return a.Vectors.FollowAll(ctx)
	})
	return nil
}

// newCatalogue makes the catalogue.
func (a *App) newCatalogue() {
	a.Catalog = catalog.New(a.pool, a.queue, a.media, catalog.Settings{
		Log:         a.log,
		Currency:    a.settings.StoreCurrency,
		MediaPrefix: strings.TrimRight(a.settings.MediaURLPrefix, "/"),
		Fetch:       safehttp.New(safehttp.Settings{Allowed: a.settings.FetchAllowedNetworks}),
		Changed:     a.changes.notify,
	})
	a.Catalog.HandleJobs(a.queue)
}

// newSearch makes the search, which reads its words again when the catalogue changes.
func (a *App) newSearch() {
	a.Search = search.New(a.pool, a.Catalog, a.Vectors, search.Settings{
		Log:      a.log,
		Currency: a.settings.StoreCurrency,
		Changed:  a.changes.notify,
	})
	a.closers = append(a.closers, func() error { a.Search.Close(); return nil })
	a.changes.listen(a.Search.Forget)
	a.Search.HandleJobs(a.queue)
}

// newAssistant makes the assistant.
func (a *App) newAssistant() {
	s := a.settings
	a.Assistant = assistant.New(a.pool, a.model, a.health, a.Search, a.Vectors, assistant.Settings{
		Log:                 a.log,
		Currency:            s.StoreCurrency,
		TopK:                s.RAGTopK,
		CandidateMultiplier: s.RAGCandidateMultiplier,
		Threshold:           s.RAGSimilarityThreshold,
		MaxHistory:          s.RAGMaxHistory,
		LocalOnOutage:       s.RAGOutage == "local",
		Metrics:             a.metrics,
	})
	a.closers = append(a.closers, func() error { a.Assistant.Close(); return nil })
}

// feedFetch is how long the file of an import may take to come.
const feedFetch = 5 * time.Minute

// newFeeds makes what reads and writes files of products.
func (a *App) newFeeds() {
	s := a.settings
	a.Feeds = feeds.New(a.pool, a.queue, a.media, a.Catalog, a.stock, feeds.Settings{
		Log:         a.log,
		Currency:    s.StoreCurrency,
		MediaPrefix: strings.TrimRight(s.MediaURLPrefix, "/"),
		Storefront:  strings.TrimRight(s.StorefrontURL, "/"),
		Name:        s.AppName,
		Token:       s.FeedToken,
		Attributes:  s.FeedAttributes,
		Zone:        s.StoreTimeZone,
		Fetch: safehttp.New(
			safehttp.Settings{Allowed: s.FetchAllowedNetworks, EndWithin: feedFetch},
		),
		Changed: a.changes.notify,
	})
	a.Feeds.HandleJobs(a.queue)
}

// newInsights makes what those who run the shop look at.
func (a *App) newInsights() *insights.Insights {
	s := a.settings
	return insights.New(a.pool, a.queue, insights.Settings{
		Currency: s.StoreCurrency,
		Zone:     s.StoreTimeZone,
		Low:      s.StockLow,
		Version:  s.AppVersion,
		Redis: func(ctx context.Context) (cache.Facts, error) {
			return cache.Describe(ctx, a.redis)
		},
	})
}
