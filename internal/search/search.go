// Package search owns how products are found: what a shopper typed is understood, corrected and
// looked for by words and by meaning; typing is completed; staff keep synonyms.
package search

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Meaning is what a text means, as a vector of the space the products are indexed in.
type Meaning struct {
	Vector   pgvector.HalfVector
	ModelID  int16
	MinScore float64 // cosine similarity below which a product is not meant
}

// Settings of the domain.
type Settings struct {
	Log      *slog.Logger
	Currency money.Currency
	// Understand answers what a text means; its error is a problem for the client.
	Understand func(ctx context.Context, text string) (Meaning, error)
	// Model returns the id of the vector space the products are indexed in.
	Model func(ctx context.Context) (int16, error)
	// Changed hears of every change of the synonyms, after its commit.
	Changed func(ctx context.Context)
}

// Search answers the search operations.
type Search struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries // for statements whose plan depends on how common the words are
	catalog  *catalog.Catalog
	settings Settings

	vocabulary vocabularyCache
	running    sync.WaitGroup
}

// New makes the domain.
func New(pool *pgxpool.Pool, catalogue *catalog.Catalog, settings Settings) *Search {
	return &Search{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		catalog:  catalogue,
		settings: settings,
	}
}

// Close waits for what is read in the background.
func (s *Search) Close() { s.running.Wait() }

// Recount is the job that counts how many products have each word.
type Recount struct{}

// Kind implements river.JobArgs.
func (Recount) Kind() string { return "search.recount" }

// RecountPeriod is how often words are counted anew, if anything changed.
const RecountPeriod = 5 * time.Minute

// AddWorkers adds what works the domain's jobs.
func (s *Search) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[Recount]) error {
		return s.RecountWords(ctx)
	}))
}

// RecountWords counts how many products have each word and forgets the words that none has, unless
// nothing changed since it was done last.
func (s *Search) RecountWords(ctx context.Context) error {
	err := postgres.Tx(ctx, s.pool, func(q *db.Queries) error {
		if err := q.AllowRecount(ctx); err != nil {
			return err
		}
		_, err := q.RecountSearchWords(ctx)
		return err
	})
	s.Forget()
	return err
}
