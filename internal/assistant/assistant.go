// Package assistant answers shoppers' questions from the catalogue. It reads a question, finds the
// products it asks for (its sources), has a model write about them, and checks every sentence of
// the model against them.
package assistant

import (
	"log/slog"
	"runtime"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/snapshot"
	"github.com/shopd/shopd/internal/search"
	"github.com/shopd/shopd/internal/vectors"
)

// Settings of the domain.
type Settings struct {
	Log                 *slog.Logger
	Currency            money.Currency
	TopK                int     // most sources of an answer
	CandidateMultiplier int     // candidates are TopK times this
	Threshold           float64 // cosine similarity below which a product is no source
	MaxHistory          int     // most messages of a conversation in a request
	LocalOnOutage       bool    // the built-in model writes while the model fails
	Metrics             *guard.Metrics
}

// Assistant handles the assistant operations.
type Assistant struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	search   *search.Search
	vectors  *vectors.Vectors
	model    model.Model
	health   *model.Health
	settings Settings
	verifier verifier
	names    *snapshot.Snapshot[*names]
	// turns is a semaphore: it bounds how many questions look for sources at once. More than there
	// are cores would only make each take longer.
	turns chan struct{}
}

// New returns an assistant whose answers are written by the model m. health tracks whether m works.
func New(
	pool *pgxpool.Pool, m model.Model, health *model.Health, searcher *search.Search,
	index *vectors.Vectors, settings Settings,
) *Assistant {
	a := &Assistant{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		search:   searcher,
		vectors:  index,
		model:    m,
		health:   health,
		settings: settings,
		verifier: newVerifier(settings.Currency),
		turns:    make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
	}
	a.names = snapshot.New(snapshot.Source[*names]{
		Version: a.queries.GetCatalogueChanges,
		Read:    a.readNames,
		Failed: func(err error) {
			settings.Log.Warn("names of the catalogue not read", "error", err.Error())
		},
	})
	index.AfterRun(a.names.Forget)
	return a
}

// Close stops the background reading of names.
func (a *Assistant) Close() { a.names.Close() }
