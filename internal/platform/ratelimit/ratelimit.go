// Package ratelimit counts calls in Redis with the generic cell rate algorithm (GCRA, ITU-T I.371).
// It stores one number per key, has no windows to reset, and never allows more than the limit, even
// to calls that race. While Redis is out of reach each process counts by itself, so that a limit
// still applies within one process.
package ratelimit

import (
	"context"
	_ "embed"
	"math"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limit allows Calls calls at once, and gives them back evenly over Window.
type Limit struct {
	Calls  int
	Window time.Duration
}

// Result is the result of counting one call.
type Result struct {
	Allowed    bool
	Limit      int
	Remaining  int
	Reset      time.Duration // until all calls are back
	RetryAfter time.Duration // until the next call may succeed; zero if this one did
}

//go:embed gcra.lua
var source string

var script = redis.NewScript(source)

// pauseAfterFailure is how long calls are counted in the process after Redis failed, so that they
// do not all wait for it.
const pauseAfterFailure = time.Second

// Limiter is safe for concurrent use.
type Limiter struct {
	redis  redis.UniversalClient
	prefix string
	factor float64
	local  *memory
	paused atomic.Int64 // nanoseconds since the start until which Redis is not called
}

// New returns a limiter. factor multiplies every limit; 0 turns limits off.
func New(client redis.UniversalClient, prefix string, factor float64) *Limiter {
	return &Limiter{redis: client, prefix: prefix + "limit:", factor: factor, local: newMemory()}
}

// Enabled reports whether limits are on at all.
func (l *Limiter) Enabled() bool { return l.factor > 0 }

// Allow counts one call under key.
func (l *Limiter) Allow(ctx context.Context, key string, limit Limit) Result {
	calls := max(1, int(math.Round(float64(limit.Calls)*l.factor)))
	interval := limit.Window / time.Duration(calls)
	now := time.Now()
	if sinceStart() >= l.paused.Load() {
		if wait, debt, err := l.ask(ctx, key, calls, interval); err == nil {
			return result(calls, interval, wait, debt)
		} else if ctx.Err() == nil {
			l.paused.Store(sinceStart() + int64(pauseAfterFailure))
		}
	}
	wait, debt := l.local.take(key, calls, interval, now)
	return result(calls, interval, wait, debt)
}

// ask counts one call in Redis. It returns how long to wait (0: the call is allowed), and how far
// the key's theoretical arrival time is ahead of now.
func (l *Limiter) ask(
	ctx context.Context, key string, calls int, interval time.Duration,
) (wait, debt time.Duration, err error) {
	out, err := script.Run(ctx, l.redis, []string{l.prefix + key}, interval.Microseconds(), calls).
		Int64Slice()
	if err != nil {
		return 0, 0, err
	}
	return time.Duration(out[0]) * time.Microsecond, time.Duration(out[1]) * time.Microsecond, nil
}

func result(calls int, interval, wait, debt time.Duration) Result {
	used := int(math.Ceil(float64(debt) / float64(interval)))
	return Result{
		Allowed:    wait <= 0,
		Limit:      calls,
		Remaining:  max(0, calls-used),
		Reset:      max(0, debt),
		RetryAfter: max(0, wait),
	}
}

var started = time.Now()

// sinceStart returns nanoseconds that no change of the system's clock moves.
func sinceStart() int64 { return int64(time.Since(started)) }
