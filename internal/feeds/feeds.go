// Package feeds owns products in files: importing them from spreadsheets and the feeds of other
// systems, exporting them, and the feed for Google Merchant Center.
//
// An import is a row that says how far it is, and a job that goes on from there. Each batch of rows
// is written in one transaction with the place behind it, so whoever goes on after a crash loses no
// row and doubles none.
package feeds

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

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

// Errors clients are told about.
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
	errParts = problem.BadRequest(
		"malformed_multipart", "The body's parts cannot be read to their end.",
	)
	errURL = problem.Invalid(
		problem.Field{Pointer: "/url", Message: "is not a public http or https address"},
	)
	errUnfetched = "The file cannot be fetched from there. Give the address of a file on a public web server, or upload the file."
)

// Limits of a file and of the work on it.
const (
	MaxFile      = 512 << 20 // bytes
	maxRows      = 5_000_000
	defaultBatch = 500
	MaxBatchSize = 2000
	batchBytes   = 4 << 20          // rows of more are no batch of their full number
	slice        = 30 * time.Second // of work; then others have their turn
	heartbeat    = 5 * time.Second
	silence      = 20 * time.Second // after which a runner is taken for dead
	lookAgain    = 10 * time.Second // for imports whose runner is
)

// Settings of the domain.
type Settings struct {
	Log         *slog.Logger
	Currency    money.Currency
	MediaPrefix string // what image addresses begin with, without a slash at the end
	Storefront  string // where the shop's pages are, without a slash at the end
	Name        string // of the shop
	Token       string // that opens the feed for Google; empty: nothing does
	// Fetch reaches the addresses files are taken from.
	Fetch *safehttp.Client
	// Changed hears of every change of the catalogue, after its commit.
	Changed func(ctx context.Context)
}

// Feeds answers the operations on files.
type Feeds struct {
	pool     *pgxpool.Pool
	queue    *jobs.Queue
	queries  *db.Queries
	planned  *db.Queries // for queries with optional filters
	store    *media.Store
	catalog  *catalog.Catalog
	stock    *inventory.Stock
	settings Settings
}

// New makes the domain.
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
		catalog:  products,
		stock:    stock,
		settings: settings,
	}
}

// Work is the job that works on an import for a while.
type Work struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (Work) Kind() string { return "feeds.import" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Work) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: jobs.Imports} }

// Resume is the job that looks for imports whose server died.
type Resume struct{}

// Kind implements river.JobArgs.
func (Resume) Kind() string { return "feeds.resume" }

// AddWorkers adds what works the domain's jobs.
func (f *Feeds) AddWorkers(workers *river.Workers, queue *jobs.Queue) {
	river.AddWorker(workers, &worker{feeds: f})
	river.AddWorker(workers, &imageWorker{feeds: f})
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, _ *river.Job[Resume]) error { return f.resume(ctx) },
		),
	)
	river.AddWorker(workers, river.WorkFunc(f.sweepFiles))
	queue.Every(lookAgain, Resume{})
	queue.Every(media.SweepPeriod, SweepFiles{})
}

// worker works on imports in slices, so that a job never lasts long: River takes one that does for
// dead.
type worker struct {
	river.WorkerDefaults[Work]
	feeds *Feeds
}

// Timeout implements river.Worker. A slice ends by itself; what it may last longer is its last
// batch, or the reading of a file that is fetched.
func (w *worker) Timeout(*river.Job[Work]) time.Duration { return 10 * time.Minute }

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[Work]) error {
	more, err := w.feeds.Run(ctx, job.Args.ID, time.Now().Add(slice), nil)
	switch {
	case err != nil && job.Attempt >= maxAttempts:
		return w.feeds.finish(
			ctx, job.Args.ID, statusFailed,
			"The import failed again and again because of a fault of the server. It did what its counts say; start it anew.",
		)
	case err != nil:
		return err
	case more:
		return river.JobSnooze(0)
	}
	return nil
}

// maxAttempts is how often a job fails before its import does.
const maxAttempts = 10

// resume gives imports that nobody works on to a runner.
func (f *Feeds) resume(ctx context.Context) error {
	ids, err := f.queries.ListAbandonedImports(ctx, int32(silence/time.Second))
	if err != nil || len(ids) == 0 {
		return err
	}
	return f.queue.TxMany(
		ctx,
		func(_ *db.Queries, insert func([]river.InsertManyParams) error) error {
			all := make([]river.InsertManyParams, len(ids))
			for i, id := range ids {
				all[i] = river.InsertManyParams{Args: Work{id}, InsertOpts: &river.InsertOpts{
					Queue:      jobs.Imports,
					UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: silence},
				}}
			}
			return insert(all)
		},
	)
}
