package ratelimit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/ratelimit"
)

func TestMain(m *testing.M) { apitest.Main(m) }

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	c, err := cache.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// limiters returns one limiter that counts in Redis, and one that counts in the process because
// Redis is out of reach.
func limiters(t *testing.T, factor float64) map[string]*ratelimit.Limiter {
	t.Helper()
	return map[string]*ratelimit.Limiter{
		"redis": ratelimit.New(
			client(t, apitest.RedisURL()), "test:"+t.Name()+":"+time.Now().String()+":", factor,
		),
		"process": ratelimit.New(client(t, "redis://127.0.0.1:1/0"), "", factor),
	}
}

// Allow: racing calls never get more than the limit.
func TestNeverMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for name, limiter := range limiters(t, 1) {
		limit := ratelimit.Limit{Calls: 10, Window: time.Hour}
		var allowed atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for range 5 {
					if limiter.Allow(t.Context(), "somebody", limit).Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		all.Wait()
		assert.Equal(t, int32(10), allowed.Load(), name)
		refused := limiter.Allow(t.Context(), "somebody", limit)
		assert.Zero(t, refused.Remaining, name)
		assert.Greater(t, refused.RetryAfter, 5*time.Minute, name)
		assert.LessOrEqual(
			t, refused.RetryAfter, 6*time.Minute,
			"%s: one call comes back every tenth of the window", name,
		)
		other := limiter.Allow(t.Context(), "somebody else", limit)
		assert.True(t, other.Allowed, name)
		assert.Equal(t, 9, other.Remaining, name)
	}
}

// Allow: calls become free again evenly over the window.
func TestCallsComeBackEvenly(t *testing.T) {
	t.Parallel()
	for name, limiter := range limiters(t, 1) {
		limit := ratelimit.Limit{Calls: 2, Window: 3 * time.Second}
		first := limiter.Allow(t.Context(), "k", limit)
		limiter.Allow(t.Context(), "k", limit)
		refused := limiter.Allow(t.Context(), "k", limit)
		assert.True(t, first.Allowed, name)
		assert.Equal(t, 1, first.Remaining, name)
		require.False(t, refused.Allowed, name)
		require.Eventually(
			t, func() bool { return limiter.Allow(t.Context(), "k", limit).Allowed },
			10*time.Second, 20*time.Millisecond, name,
		)
	}
}

// Allow, Enabled: the factor multiplies all limits, and 0 turns them off.
func TestFactor(t *testing.T) {
	t.Parallel()
	for name, limiter := range limiters(t, 0.5) {
		got := limiter.Allow(t.Context(), "k", ratelimit.Limit{Calls: 10, Window: time.Hour})
		assert.Equal(t, 5, got.Limit, name)
	}
	for name, limiter := range limiters(t, 0) {
		assert.False(t, limiter.Enabled(), name)
	}
}
