// Package catalog owns what the shop offers: categories, brands, products with their variants and
// images, how they are kept, and how they are listed.
package catalog

import (
	"context"
	"log/slog"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// Errors clients are told about.
var (
	ErrProductNotFound = problem.NotFound(
		"product_not_found", "There is no such product, or it is no longer offered.",
	)
	ErrCategoryNotFound = problem.NotFound("category_not_found", "There is no such category.")
	ErrBrandNotFound    = problem.NotFound("brand_not_found", "There is no such brand.")
	ErrMediaNotFound    = problem.NotFound("media_not_found", "There is no such image.")
)

// Settings of the domain.
type Settings struct {
	Log         *slog.Logger
	Currency    money.Currency
	MediaPrefix string // what image addresses begin with, without a slash at the end
	// Fetch reaches the addresses images are taken from.
	Fetch *safehttp.Client
	// Changed hears of every change of the catalogue, after its commit.
	Changed func(ctx context.Context)
}

// Catalog answers the catalogue operations.
type Catalog struct {
	pool     *pgxpool.Pool
	queue    *jobs.Queue
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	media    *media.Store
	totals   *lru.Cache[totalKey, int64]
	facets   *lru.Cache[totalKey, *api.Facets] // never changed once kept
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, queue *jobs.Queue, store *media.Store, settings Settings) *Catalog {
	totals, _ := lru.New[totalKey, int64](maxTotals) // the size is not zero: no error
	facets, _ := lru.New[totalKey, *api.Facets](maxFacets)
	return &Catalog{
		totals:   totals,
		facets:   facets,
		pool:     pool,
		queue:    queue,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		media:    store,
		settings: settings,
	}
}
