// Package feeds owns products in files: importing them from spreadsheets and the feeds of other
// systems, exporting them, and the feed for Google Merchant Center.
//
// An import is a row in the table imports, which records how far the file was read, and a job
// (ImportJob) that continues from there. RunImport claims the import for one runner. The runner
// prepares the file, then reads batches of rows. It writes each batch and the file position behind
// it in one transaction, so the runner that continues after a crash loses no row and writes none
// twice.
package feeds

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/media"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// Problems that clients receive.
var (
	ErrNoImport = problem.NotFound(
		"import_not_found", "There is no such import, or it is another account's.",
	)
	ErrFinished = problem.Conflict("import_finished", "The import has ended already.")
	ErrNoFeed   = problem.NotFound("feed_not_found", "There is nothing here.")
	ErrNotAFeed = &problem.Error{
		Status:     422,
		Code:       "not_a_feed",
		Resolution: problem.FixRequest,
		Detail:     "The file is not one that can be imported.",
	}
	ErrTooLarge = &problem.Error{
		Status:     413,
		Code:       "file_too_large",
		Resolution: problem.FixRequest,
		Detail:     "The file has more than 512 MiB. Send it in parts.",
	}
	ErrStorage = problem.Unavailable(
		"storage_unavailable",
		"The file could not be stored. Nothing was changed; try again in a moment.", 5*time.Second,
	)
	errURL = problem.Invalid(
		problem.Field{Pointer: "/url", Message: "is not a public http or https address"},
	)
	errUnfetched = "The file cannot be fetched from there. Give the address of a file on a " +
		"public web server, or upload the file."
)

// Limits of a file and of the work on it.
const (
	MaxFile      = 512 << 20 // bytes
	maxRows      = 5_000_000
	defaultBatch = 500
	MaxBatchSize = 2000
	batchBytes   = 4 << 20 // a batch that is larger ends before it has its full number of rows

	slice           = 30 * time.Second // a job runs so long, then other imports have their turn
	heartbeatPeriod = 5 * time.Second
	silence         = 20 * time.Second // a runner without a heartbeat for so long counts as dead
	resumePeriod    = 10 * time.Second // how often imports of dead runners are looked for
)

// Settings of the domain.
type Settings struct {
	Log         *slog.Logger
	Currency    money.Currency
	MediaPrefix string         // beginning of image addresses, without a slash at the end
	Storefront  string         // address of the shop's pages, without a slash at the end
	Name        string         // of the shop
	Attributes  []string       // columns that every import publishes; * for all
	Zone        *time.Location // of dates without one
	Token       string         // opens the feed for Google; empty: the feed is closed
	// Fetch downloads files from the addresses that imports name.
	Fetch *safehttp.Client
	// Changed is called after the commit of every change of the catalogue.
	Changed func(ctx context.Context)
}

// Feeds handles the operations of the tag feeds.
type Feeds struct {
	pool     *pgxpool.Pool
	queue    *jobs.Queue
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	store    *media.Store
	catalog  *catalog.Catalog
	stock    *inventory.Stock
	settings Settings
	reading  chan struct{} // holds a value while this process reads rows of an import
}

// New returns the domain.
func New(
	pool *pgxpool.Pool, queue *jobs.Queue, store *media.Store, products *catalog.Catalog,
	stock *inventory.Stock, settings Settings,
) *Feeds {
	return &Feeds{
		pool:     pool,
		queue:    queue,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		store:    store,
		reading:  make(chan struct{}, 1),
		catalog:  products,
		stock:    stock,
		settings: settings,
	}
}
