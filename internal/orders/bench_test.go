package orders_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

const (
	benchCustomers = 64
	benchProducts  = 400
	benchRounds    = 3
	benchTurn      = 2 * time.Second
)

// BenchmarkCheckout measures orders per second: each customer has a cart of two lines and orders it
// with an Idempotency-Key. Beside them pgbench runs the statements of such a checkout, prepared, at
// 16 connections, or this program does where pgbench is not installed; they take turns in one run.
// Products are many, so that checkouts rarely want the same one; in the end every order holds one
// product that all want, and hot-ratio is the share of the rate before that remains.
func BenchmarkCheckout(b *testing.B) {
	measure, unit := yardstick(b)
	var before float64
	for _, kind := range []struct {
		name    string
		clients int
		hot     bool
	}{{"16 clients", 16, false}, {"64 clients", 64, false}, {"64 clients, hot product", 64, true}} {
		b.Run(kind.name, func(b *testing.B) {
			shop := apitest.New(
				b, unlimited, apitest.Setting{Name: "DATABASE_POOL", Value: "16"},
				apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
			)
			shop.Log.Discard()
			bench := newCheckoutBench(b, shop, kind.hot)
			var rate, yard float64
			var took []time.Duration
			for round := range benchRounds + 1 {
				y := measure(b, bench)
				r, t := bench.turn(b, kind.clients)
				if round > 0 { // the first round warms up
					rate, yard, took = rate+r/benchRounds, yard+y/benchRounds, append(took, t...)
				}
			}
			slices.Sort(took)
			b.ReportMetric(rate, "checkouts/s")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(yard, unit)
			b.ReportMetric(rate/yard, "ratio")
			if kind.hot && before > 0 {
				b.ReportMetric(rate/before, "hot-ratio")
			}
			before = rate
			b.ReportMetric(0, "ns/op")
		})
	}
}

// checkoutBench is a shop whose customers have carts that are filled as soon as they were ordered.
// Filling them is part of both turns, by the same statement.
type checkoutBench struct {
	shop   *apitest.Shop
	pool   *pgxpool.Pool
	tokens []string
	hot    bool
}

// refill fills the cart of the i-th customer with two products, one of them that all want if there
// is one.
const refill = `INSERT INTO cart_lines (cart_id, variant_id, quantity, price_minor)
	VALUES ($1, $2, 1, 1000), ($1, $3, 1, 1000)`

func newCheckoutBench(b *testing.B, shop *apitest.Shop, hot bool) *checkoutBench {
	b.Helper()
	pool, err := postgres.Open(b.Context(), shop.DatabaseURL, 16, nil, nil)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	c := &checkoutBench{shop: shop, pool: pool, hot: hot}
	products(shop.Admin(), slices.Repeat([]int{1_000_000}, benchProducts)...)
	for range benchCustomers {
		c.tokens = append(c.tokens, shop.Customer().Token())
	}
	shop.Exec(
		"INSERT INTO carts (user_id) SELECT id FROM users WHERE role = 'customer' ORDER BY id",
	)
	shop.Exec("VACUUM ANALYZE")
	return c
}

// lines are the variants a customer buys the n-th time.
func (c *checkoutBench) lines() (first, second int64) {
	first = 2 + rand.Int64N(benchProducts/2-1)
	if c.hot {
		first = 1
	}
	return first, benchProducts/2 + 1 + rand.Int64N(benchProducts/2)
}

// turn lets so many customers order for a time, and returns the orders per second and how long each
// took.
func (c *checkoutBench) turn(b *testing.B, clients int) (rate float64, took []time.Duration) {
	b.Helper()
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
	}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all sync.WaitGroup
	started := time.Now()
	for i := range clients {
		all.Go(func() {
			for time.Since(started) < benchTurn {
				first, second := c.lines()
				_, err := c.pool.Exec(b.Context(), refill, i+1, first, second)
				asked := time.Now()
				if err == nil {
					err = c.order(b.Context(), client, c.tokens[i])
				}
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(asked))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return float64(len(took)) / time.Since(started).Seconds(), took
}

// order orders a cart.
func (c *checkoutBench) order(ctx context.Context, client *http.Client, token string) error {
	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, c.shop.URL()+orders, strings.NewReader("{}"),
	)
	if err != nil {
		return err
	}
	request.Header = http.Header{
		"Content-Type":    {"application/json"},
		"Authorization":   {"Bearer " + token},
		"Idempotency-Key": {crand.Text()},
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return err
}
