// Package vectors keeps a vector of every product and category, made from its texts by the model,
// by which search and the assistant find what is near in meaning to a text. A vector space is all
// vectors of one model and one way to write the texts; one space at a time answers questions, while
// another may be built.
package vectors

import (
	"context"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/snapshot"
)

// ErrNoProduct is the product of a reindex that does not exist.
var ErrNoProduct = problem.NotFound("product_not_found", "There is no such product.")

// Settings of the domain.
type Settings struct {
	Log         *slog.Logger
	Currency    money.Currency
	Dimensions  int     // of the model; stored vectors are padded to model.Dimensions
	Threshold   float64 // cosine similarity below which a product is not meant
	CommitBatch int     // vectors stored per transaction
	PerMinute   int     // most texts a minute that index runs embed; 0: no limit

	// Former returns the embedder of a model that was set before, or nil if it is not available.
	Former func(model string) model.Embedder
	Clock  Clock // of index runs; the zero value is the real one
}

// Vectors keeps the vectors, and answers the operations of the index.
type Vectors struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	queue    *jobs.Queue
	model    model.Model
	local    *local.Local // model itself, if that is the built-in one
	health   *model.Health
	settings Settings

	words   *snapshot.Snapshot[*local.Local] // local, once it knows the words of the catalogue
	spaces  spaces
	pace    pace
	indexed []func()

	running context.Context // ends with Close: a run outlives the request that started it
	stop    context.CancelFunc
	runs    sync.WaitGroup
}

// New returns the vectors that a model makes. health is that of the model.
func New(
	pool *pgxpool.Pool, queue *jobs.Queue, m model.Model, health *model.Health, settings Settings,
) *Vectors {
	v := &Vectors{
		pool:     pool,
		queries:  db.New(pool),
		queue:    queue,
		model:    m,
		health:   health,
		settings: settings,
	}
	v.settings.Clock = v.settings.Clock.orReal()
	v.pace = pace{perMinute: settings.PerMinute, clock: v.settings.Clock}
	var isLocal bool
	if v.local, isLocal = m.(*local.Local); !isLocal {
		v.local = local.New()
	}
	v.running, v.stop = context.WithCancel(context.Background())
	v.words = snapshot.New(snapshot.Source[*local.Local]{
		Version: v.queries.GetCatalogueChanges,
		Read:    v.learn,
		Failed: func(err error) {
			settings.Log.Warn("words of the catalogue not read", "error", err.Error())
		},
	})
	jobs.HandleJob(queue, jobTimeout, v.workSlice)
	return v
}

// Close stops index runs at the next batch and waits for them.
func (v *Vectors) Close() {
	v.stop()
	v.words.Close()
	v.runs.Wait()
}

// AfterRun has f called after each index run of this process. It must not be called once requests
// are served.
func (v *Vectors) AfterRun(f func()) { v.indexed = append(v.indexed, f) }

// forget makes what was read of the catalogue be read again.
func (v *Vectors) forget() {
	v.words.Forget()
	for _, f := range v.indexed {
		f()
	}
}
