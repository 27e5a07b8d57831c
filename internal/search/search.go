// Package search finds products. It interprets and corrects what a shopper typed (query.go,
// typos.go), ranks products by words and by meaning in one statement (search_products.go),
// completes what is being typed (suggest.go), and lets staff edit synonyms (synonyms.go).
//
// The server splits texts into words (tokens.go) exactly like the database function search_text, by
// which products are indexed. The vocabulary (vocabulary.go) is a copy of all words of the
// catalogue.
package search

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/vectors"
)

// Settings of the domain.
type Settings struct {
	Log      *slog.Logger
	Currency money.Currency
	// Changed is called after the commit of every change of the synonyms.
	Changed func(ctx context.Context)
}

// Search handles the operations of search.
type Search struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries // for statements whose plan depends on how common the words are
	catalog  *catalog.Catalog
	vectors  *vectors.Vectors
	settings Settings

	vocabulary vocabularyCache
	running    sync.WaitGroup
}

// New returns the domain.
func New(
	pool *pgxpool.Pool, catalogue *catalog.Catalog, index *vectors.Vectors, settings Settings,
) *Search {
	return &Search{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		catalog:  catalogue,
		vectors:  index,
		settings: settings,
	}
}

// Close waits until reading the vocabulary in the background has ended.
func (s *Search) Close() { s.running.Wait() }

// Recount is the job that runs RecountWords.
type Recount struct{}

// Kind implements river.JobArgs.
func (Recount) Kind() string { return "search.recount" }

// recountPeriod is how often the job Recount runs.
const recountPeriod = 5 * time.Minute

// HandleJobs registers the domain's job, and how often it runs.
func (s *Search) HandleJobs(queue *jobs.Queue) {
	jobs.Handle(queue, func(ctx context.Context, _ Recount) error { return s.RecountWords(ctx) })
	queue.Every(recountPeriod, Recount{})
}

// RecountWords counts how many products have each word and deletes the words that none has. It does
// nothing if no word changed since it last ran.
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
