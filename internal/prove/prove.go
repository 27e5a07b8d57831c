// Package prove simulates a sale: many buyers compete for little stock. They disconnect, send
// requests twice and cancel, and the server may be killed meanwhile. Afterwards it checks that
// every response was true: nothing was oversold, no acknowledged order is lost, no Idempotency-Key
// made two orders, and the books balance. It creates customers and products of its own.
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

// Prefix begins the addresses, names and SKUs of everything that a run creates.
const Prefix = "prove-"

// Options of a run.
type Options struct {
	Buyers, Attempts int
	Products         int    // to sell; an attempt orders two of them
	Units            int32  // of each product
	Seed             uint64 // the same seed makes the same choices
	Kills            int    // of the server; 0 unless it can be killed
	Pay              bool   // buyers pay, if the shop uses the test provider
	// Progress, if set, is called when an attempt has ended, from any goroutine.
	Progress func(done, total int)
}

// Parts are what a run needs.
type Parts struct {
	Pool     *pgxpool.Pool
	Identity *identity.Identity
	URL      string // of a server without rate limits and limit of unpaid orders
	// Check checks whether the books balance.
	Check func(ctx context.Context) ([]integrity.Result, error)
	// Ledger returns the test provider's ledger. If it is nil, buyers do not pay.
	Ledger func() (testpay.Ledger, error)
	// Kill, if set, kills the server and starts it again.
	Kill func(ctx context.Context) error
}

// run is the state of one run.
type run struct {
	Parts
	Options
	name     string
	api      *client.ClientWithResponses
	staff    string   // access token of a member of staff
	buyers   []string // their access tokens
	products []int64
	started  atomic.Int64 // attempts

	mu        sync.Mutex
	responses map[string]int // by status and code
	ended     int            // attempts
	report    Report
	outcomes  []outcome // by number of the attempt
}

// Run runs a sale and checks it. The report lists contradictions. An error means that there is no
// report, because the run could not be completed.
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
		Parts:     parts,
		Options:   options,
		name:      Prefix + rand.Text()[:8],
		api:       api,
		responses: map[string]int{},
		outcomes:  make([]outcome, options.Attempts),
	}
	err = r.prepare(ctx)
	if err == nil {
		err = r.race(ctx)
	}
	if err == nil {
		err = r.audit(ctx)
	}
	if err != nil && r.Kill != nil { // the server may have ended, and cleanUp needs it
		err = errors.Join(err, r.Kill(context.WithoutCancel(ctx)))
	}
	return r.report, errors.Join(err, r.cleanUp(context.WithoutCancel(ctx)))
}

// sound returns an error if the books do not balance before the run.
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

// race lets all buyers buy at once, each one attempt after the other, and kills the server
// meanwhile.
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
	r.report.Attempts, r.report.Responses = r.ended, r.responses
	return context.Cause(ctx)
}

// kill kills the server at the moments of the seed. An attempt ends only when its outcome is known,
// so that even the last moments come before the end of the run.
func (r *run) kill(ctx context.Context) error {
	for _, moment := range kills(r.Seed, r.Kills, r.Attempts) {
		for r.started.Load() < int64(moment.after) {
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

// contradict adds a contradiction to the report.
func (r *run) contradict(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Contradictions = append(r.report.Contradictions, fmt.Sprintf(format, args...))
}
