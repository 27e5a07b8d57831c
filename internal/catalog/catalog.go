// Package catalog owns what the shop offers: categories, brands, and products with their variants
// and images. Staff edit them, shoppers list and read them.
//
// A handler stands in the file of its thing, above the rules it uses: product_list.go,
// product_edit.go, variant_create.go and so on.
package catalog

import (
	"context"
	"log/slog"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// Settings of the domain.
type Settings struct {
	Log         *slog.Logger
	Currency    money.Currency
	MediaPrefix string // what the URLs of images begin with, without a slash at the end
	// Fetch downloads images from the URLs that staff and feeds name.
	Fetch *safehttp.Client
	// Changed is called after the commit of every change of the catalogue.
	Changed func(ctx context.Context)
}

// Catalog handles the operations of the catalogue.
type Catalog struct {
	pool     *pgxpool.Pool
	queue    *jobs.Queue
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	media    *media.Store
	totals   *lru.Cache[totalKey, int64]
	facets   *lru.Cache[totalKey, *api.Facets] // read-only once stored
	nextTurn atomic.Pointer[knownTurn]
	settings Settings
}

// New returns the domain.
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
