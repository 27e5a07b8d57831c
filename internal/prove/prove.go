// Package prove puts a shop through a sale of too little to too many, with buyers who hang up, ask
// twice and change their minds and a server that may be killed meanwhile, and looks whether all it
// told them is true: nothing is sold that was not there, no order it acknowledged is lost, no
// Idempotency-Key made two, and the books balance. It makes customers and products of its own.
package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/integrity"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// Prefix begins the addresses, names and skus of everything a run makes.
const Prefix = "prove-"

// Options of a run.
type Options struct {
	Buyers, Attempts int
	Products         int    // it sells; an attempt wants two of them
	Units            int32  // of each product
	Seed             uint64 // the same one makes the same choices
	Kills            int    // of the server; 0 unless it can be killed
	Pay              bool   // buyers pay, where there is a test provider
	// Progress, which may be nil, hears how many attempts are over, from any goroutine.
	Progress func(done, total int)
}

// Parts are what a run works with.
type Parts struct {
	Pool     *pgxpool.Pool
	Identity *identity.Identity
	URL      string // of the server, which limits no rates and no unpaid orders
	// Check holds the books against each other.
	Check func(ctx context.Context) ([]integrity.Result, error)
	// Ledger is the test provider's, or nil when orders are not paid in this run.
	Ledger func() (testpay.Ledger, error)
	// Kill kills the server and starts it anew, or is nil.
	Kill func(ctx context.Context) error
}

// run is one of them.
type run struct {
	Parts
	Options
	name     string
	api      *client.ClientWithResponses
	keeper   string   // a token of the staff
	buyers   []string // their tokens
	products []int64
	begun    atomic.Int64 // attempts

	mu       sync.Mutex
	answers  map[string]int
	over     int
	report   Report
	outcomes []outcome // by number of the attempt
}

// Run proves a shop. The report names contradictions; the error says why there is none.
func Run(ctx context.Context, parts Parts, options Options) (Report, error) {
	if err := parts.sound(ctx); err != nil {
		return Report{}, err
	}
	transport := &http.Transport{
		MaxIdleConnsPerHost: options.Buyers,
		MaxIdleConns:        options.Buyers,
		DisableCompression:  true,
	}
	defer transport.CloseIdleConnections()
	api, err := client.NewClientWithResponses(
		parts.URL,
		client.WithHTTPClient(&http.Client{Transport: transport, Timeout: 15 * time.Second}),
	)
	if err != nil {
		return Report{}, err
	}
	r := &run{
		Parts: parts, Options: options, name: Prefix + rand.Text()[:8], api: api,
		answers: map[string]int{}, outcomes: make([]outcome, options.Attempts),
	}
	err = r.prepare(ctx)
	if err == nil {
		err = r.race(ctx)
	}
	if err == nil {
		err = r.audit(ctx)
	}
	if err != nil &&
		r.Kill != nil { // the server may have ended with what went wrong, and is needed to clean up
		err = errors.Join(err, r.Kill(context.WithoutCancel(ctx)))
	}
	return r.report, errors.Join(err, r.cleanUp(context.WithoutCancel(ctx)))
}

// sound refuses a shop whose books are wrong before anything happens.
func (p Parts) sound(ctx context.Context) error {
	results, err := p.Check(ctx)
	for _, result := range results {
		if len(result.Found) > 0 {
			return fmt.Errorf(
				"the books did not balance before the run; see `shopd check`: %s", result.Found[0],
			)
		}
	}
	return err
}

// race has all buyers buy, one attempt after the other each, and kills the server meanwhile.
func (r *run) race(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := time.Now()
	var all, killer sync.WaitGroup
	for i := range r.Buyers {
		all.Go(func() { r.shop(ctx, i) })
	}
	killer.Go(func() {
		if err := r.kill(ctx); err != nil {
			cancel(err)
		}
	})
	all.Wait()
	killer.Wait()
	r.report.Took = time.Since(started)
	r.report.Attempts, r.report.Answers = r.over, r.answers
	return context.Cause(ctx)
}

// kill kills the server at the moments of the seed. Attempts end only when they are answered, so
// the last moments come even when all attempts have begun.
func (r *run) kill(ctx context.Context) error {
	for _, moment := range kills(r.Seed, r.Kills, r.Attempts) {
		for r.begun.Load() < int64(moment.after) {
			if err := pause(ctx, time.Millisecond); err != nil {
				return err
			}
		}
		if err := pause(ctx, moment.wait); err != nil {
			return err
		}
		if err := r.Kill(ctx); err != nil {
			return err
		}
		r.report.Kills++
	}
	return nil
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// contradict notes that something is not as it was told, or cannot be.
func (r *run) contradict(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Contradictions = append(r.report.Contradictions, fmt.Sprintf(format, args...))
}
