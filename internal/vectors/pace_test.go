package vectors_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/gemini"
	"github.com/shopd/shopd/internal/model/geministub"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/vectors"
)

// fakeClock is a clock whose waits end at once.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// indexProducts, by its job: a thousand products with a quota of a hundred a minute.
func TestAThousandProductsAtAHundredAMinute(t *testing.T) {
	t.Parallel()
	for name, perMinute := range map[string]int{"with the quota set": 100, "without it": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := apitest.New(t)
			shop.Exec(
				`INSERT INTO products (name, slug, description) SELECT 'Lamp ' || i, 'lamp-' || i,
					'Shines ' || i || ' hours.' FROM generate_series(1, 1000) i`,
			)
			shop.Exec(
				`INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
					SELECT id, true, 'L' || id, 1000, 5 FROM products`,
			)
			clock := &fakeClock{now: time.Now()}
			stub := geministub.New()
			stub.LimitEmbedding(100, clock.Now)
			upstream := httptest.NewServer(stub)
			defer upstream.Close()
			client, err := gemini.New(
				t.Context(), gemini.Settings{APIKey: "k", Endpoint: upstream.URL},
			)
			require.NoError(t, err)
			defer func() { _ = client.Close() }()
			log := slog.New(slog.DiscardHandler)
			queue, err := jobs.New(shop.Pool, log)
			require.NoError(t, err)
			v := vectors.New(shop.Pool, queue, client, model.NewHealth(log), vectors.Settings{
				Log:         log,
				Currency:    "USD",
				Dimensions:  768,
				Threshold:   0.5,
				CommitBatch: 10,
				PerMinute:   perMinute,
				Clock:       vectors.Clock{Now: clock.Now, Sleep: clock.Sleep},
			})
			defer v.Close()
			began := clock.Now()
			var calls []int
			report, err := v.EmbedProducts(
				t.Context(), func(done int) { calls = append(calls, done) },
			)
			require.NoError(t, err)
			assert.Equal(t, vectors.Report{Current: 1000, Made: 1000}, report)
			assert.Equal(t, 1000, stub.Items())
			assert.IsNonDecreasing(t, calls)
			took := clock.Now().Sub(began)
			assert.Less(t, took, 11*time.Minute)
			assert.Greater(t, took, 8*time.Minute)
			if perMinute > 0 {
				assert.Zero(t, stub.Refused(), "no call is wasted")
				assert.Equal(t, 10, stub.Calls(geministub.BatchEmbedContents))
			} else {
				assert.LessOrEqual(
					t, stub.Refused(), 10,
					"one call a minute finds out that the quota is used up, and how long for",
				)
			}
		})
	}
}
