// Package vectors stores a vector of every product and category, which the model makes of its
// texts. By these vectors, search and the assistant find products near in meaning to a text. A
// vector space is all vectors of one model and one version of how the texts are written. One space
// at a time serves, while another may be built.
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

// ErrNoProduct means that there is no product with the id.
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

// Vectors makes and stores vectors, and handles the operations of the index.
type Vectors struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	queue    *jobs.Queue
	model    model.Model
	local    *local.Local // model itself, if that is the built-in one
	health   *model.Health
	settings Settings

	// local, after it has learned the words of the catalogue
	words   *snapshot.Snapshot[*local.Local]
	spaces  spaces
	pace    pace
	indexed []func()

	running context.Context // ends with Close; a run outlives the request that began it
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

// AfterRun registers f to be called after each index run of this process. It must be called before
// requests are served.
func (v *Vectors) AfterRun(f func()) { v.indexed = append(v.indexed, f) }

// forget drops what is cached of the catalogue, here and in the functions given to AfterRun.
func (v *Vectors) forget() {
	v.words.Forget()
	for _, f := range v.indexed {
		f()
	}
}
