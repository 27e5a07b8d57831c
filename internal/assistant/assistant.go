// Package assistant answers shoppers' questions from the catalogue: it keeps a vector of every
// product, finds the products nearest to a question, has a model write about them, and checks what
// the model wrote.
package assistant

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/guard"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/search"
)

// Errors clients are told about.
var (
	ErrQuota = problem.TooMany(
		"assistant_quota_exhausted", "The assistant's model has no quota left.", time.Minute,
	)
	ErrUnavailable = problem.Unavailable(
		"assistant_unavailable",
		"The assistant's model did not answer. Try again in a few seconds.", 5*time.Second,
	)
	ErrMisconfigured = problem.Unavailable(
		"assistant_misconfigured",
		"The assistant is not set up properly; the server's log says what is missing. Products can still be listed and searched by keyword.",
		time.Minute,
	)
	ErrBudget = problem.TooMany(
		"assistant_budget",
		"What the shop spends on the assistant in a day is spent. It answers again after midnight (UTC).",
		time.Minute,
	)
	ErrNoProduct = problem.NotFound("product_not_found", "There is no such product.")
)

// Settings of the domain.
type Settings struct {
	Log                 *slog.Logger
	Currency            money.Currency
	Dimensions          int // of the model; stored vectors are padded to model.Dimensions
	TopK                int // most sources of an answer
	CandidateMultiplier int // candidates are TopK times this
	Threshold           float64
	MaxHistory          int  // messages
	CommitBatch         int  // vectors stored per transaction
	PerMinute           int  // most texts a minute that index runs have embedded; 0: as many as the provider takes
	LocalOnOutage       bool // the built-in provider answers when the model does not

	// Words answers what a text means to a search by words; nil: words do not count.
	Words func(ctx context.Context, text string) (search.Interpretation, error)
	// Former answers what makes vectors of a model that is no longer the set one, or nil when
	// nothing can.
	Former  func(model string) model.Embedder
	Metrics *guard.Metrics
	Clock   Clock // of index runs; the zero value is the real one
}

// Assistant answers the assistant operations.
type Assistant struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	planned  *db.Queries
	queue    *jobs.Queue
	provider model.Model
	local    *local.Local // knows the words of the catalogue, whoever makes vectors; the provider itself, if it is local
	settings Settings
	verifier verifier
	lexicon  lexicon
	turns    chan struct{} // to search for sources: of more at once than there are cores, each would only take longer

	spaces     spaces
	pace       pace
	lastOutage atomic.Pointer[outage]

	running context.Context // ends with Close: index runs outlive the requests that asked for them, not the server
	stop    context.CancelFunc
	runs    sync.WaitGroup
}

// New makes the domain.
func New(pool *pgxpool.Pool, queue *jobs.Queue, model model.Model, settings Settings) *Assistant {
	a := &Assistant{
		pool:     pool,
		queries:  db.New(pool),
		planned:  postgres.Planned(pool),
		queue:    queue,
		provider: model,
		settings: settings,
		verifier: newVerifier(settings.Currency),
	}
	if a.settings.Metrics == nil {
		a.settings.Metrics = guard.NewMetrics()
	}
	a.settings.Clock = a.settings.Clock.orReal()
	a.turns = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))
	a.pace = pace{perMinute: settings.PerMinute, clock: a.settings.Clock}
	var isLocal bool
	if a.local, isLocal = model.(*local.Local); !isLocal {
		a.local = local.New()
	}
	a.running, a.stop = context.WithCancel(context.Background())
	return a
}

// Close stops index runs at the next batch and waits for them.
func (a *Assistant) Close() {
	a.stop()
	a.runs.Wait()
}

// outage is the last failure of the model model.
type outage struct {
	at      time.Time
	lasting bool // a wrong setting, which no waiting mends
	problem *problem.Error
}

// outageMemory is how long a failure counts when nobody has asked the provider since.
const outageMemory = time.Minute

// Check reports whether the model provider was out of reach when it was last asked.
func (a *Assistant) Check(context.Context) error {
	if last := a.lastOutage.Load(); last != nil &&
		(last.lasting || time.Since(last.at) < outageMemory) {
		return last.problem
	}
	return nil
}

// outcome turns a provider's error into a problem and remembers it for Check.
func (a *Assistant) outcome(err error) error {
	var quota *model.QuotaError
	var config *model.ConfigError
	var unavailable *model.UnavailableError
	var p *problem.Error
	switch {
	case err == nil, errors.Is(err, model.ErrBlocked):
		a.lastOutage.Store(nil)
		return err
	case errors.Is(err, ErrBudget):
		return err
	case errors.As(err, &quota):
		p = quotaProblem(quota)
	case errors.As(err, &config):
		a.settings.Log.Error(
			"assistant misconfigured", "setting", config.Setting, "reason", config.Reason,
		)
		p = ErrMisconfigured.Because(err)
	case errors.As(err, &unavailable):
		p = ErrUnavailable.Because(err)
	default:
		return err
	}
	a.lastOutage.Store(&outage{at: time.Now(), lasting: config != nil, problem: p})
	return p
}

func quotaProblem(quota *model.QuotaError) *problem.Error {
	wait := quota.RetryAfter.Round(time.Second)
	if quota.Daily {
		return ErrQuota.Detailf("The assistant's model has no quota left for today. It comes back in %s.", wait).
			Because(quota).
			After(wait)
	}
	return ErrQuota.Detailf("The assistant's model has no quota left for this minute. Try again in %s.", wait).
		Because(quota).
		After(wait)
}

// runName tells index runs apart.
func runName() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
