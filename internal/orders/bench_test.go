package orders_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

const (
	benchCustomers = 64
	benchProducts  = 400
	benchRounds    = 3
	benchTurn      = 2 * time.Second
)

// BenchmarkCheckout measures orders per second: each customer has a cart of two lines and orders it with an
// Idempotency-Key. Beside them pgbench runs the statements of such a checkout, prepared, at 16 connections; they take
// turns in one run. Products are many, so that checkouts rarely want the same one; in the end every order holds one
// product that all want.
func BenchmarkCheckout(b *testing.B) {
	pgbench := findPgbench(b)
	for _, kind := range []struct {
		name    string
		clients int
		hot     bool
	}{{"16 clients", 16, false}, {"64 clients", 64, false}, {"64 clients, hot product", 64, true}} {
		b.Run(kind.name, func(b *testing.B) {
			shop := apitest.New(b, unlimited, apitest.Setting{Name: "DATABASE_POOL", Value: "16"}, apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"})
			shop.Log.Discard()
			bench := newCheckoutBench(b, shop, kind.hot)
			var rate, yard float64
			var took []time.Duration
			for round := range benchRounds + 1 {
				y := bench.yardstick(b, pgbench)
				r, t := bench.turn(b, kind.clients)
				if round > 0 { // the first round warms up
					rate, yard, took = rate+r/benchRounds, yard+y/benchRounds, append(took, t...)
				}
			}
			slices.Sort(took)
			b.ReportMetric(rate, "checkouts/s")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(yard, "pgbench/s")
			b.ReportMetric(rate/yard, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// checkoutBench is a shop whose customers have carts that are filled as soon as they were ordered. Filling them is part
// of both turns, by the same statement.
type checkoutBench struct {
	shop   *apitest.Shop
	pool   *pgxpool.Pool
	tokens []string
	hot    bool
}

// refill fills the cart of the i-th customer with two products, one of them that all want if there is one.
const refill = `INSERT INTO cart_lines (cart_id, variant_id, quantity, price_minor) VALUES ($1, $2, 1, 1000), ($1, $3, 1, 1000)`

func newCheckoutBench(b *testing.B, shop *apitest.Shop, hot bool) *checkoutBench {
	b.Helper()
	pool, err := postgres.Open(b.Context(), shop.DatabaseURL, 16, nil)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	c := &checkoutBench{shop: shop, pool: pool, hot: hot}
	products(shop.Admin(), slices.Repeat([]int{1_000_000}, benchProducts)...)
	for range benchCustomers {
		c.tokens = append(c.tokens, shop.Customer().Token())
	}
	shop.Exec("INSERT INTO carts (user_id) SELECT id FROM users WHERE role = 'customer' ORDER BY id")
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

// turn has so many customers order for a time, and answers orders per second and how long each took.
func (c *checkoutBench) turn(b *testing.B, clients int) (rate float64, took []time.Duration) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}
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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.shop.URL()+orders, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}, "Idempotency-Key": {crand.Text()}}
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

// yardstick is how many of the same checkouts pgbench makes a second: the statements of the queries, with nobody who
// thinks about them.
func (c *checkoutBench) yardstick(b *testing.B, pgbench string) float64 {
	b.Helper()
	script := filepath.Join(b.TempDir(), "checkout.sql")
	first := ":first"
	if c.hot {
		first = "1"
	}
	text := strings.ReplaceAll(checkoutScript(b), ":first", first)
	require.NoError(b, os.WriteFile(script, []byte(text), 0o600))
	out, err := exec.CommandContext(b.Context(), pgbench, "--no-vacuum", "--protocol=prepared", "--client=16", "--jobs=2",
		fmt.Sprintf("--time=%d", benchTurn/time.Second), "--file="+script, c.shop.DatabaseURL).CombinedOutput()
	require.NoError(b, err, "%s", out)
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	require.NotNil(b, found, "%s", out)
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(b, err)
	return rate
}

// checkoutScript is a checkout of the cart of pgbench's client. The first customer is the second account.
func checkoutScript(b *testing.B) string {
	b.Helper()
	arguments := map[string]string{
		"session_id": ":who", "user_id": ":who", "operation": "'createOrder'", "key": "(:key)::text", "shipping_id": "NULL", "billing_id": "NULL",
		"number": "('SO-' || (:key)::text)", "total_minor": "2000", "shipping_address": "NULL", "billing_address": "NULL", "note": "NULL",
		"window_seconds": "3600", "cart_id": ":cart", "cart_variants": "ARRAY[:first, :second]", "positions": "ARRAY[0, 1]",
		"product_ids": "ARRAY[:first, :second]", "variant_ids": "ARRAY[:first, :second]", "names": "ARRAY['P1', 'P2']", "skus": "ARRAY['P-1', 'P-2']",
		"options": "ARRAY['{}', '{}']", "quantities": "ARRAY[1, 1]", "unit_minors": "ARRAY[1000, 1000]", "tracked": "ARRAY[true, true]",
		"fingerprint": "'\\x" + strings.Repeat("00", 32) + "'", "status": "201", "body": "convert_to(repeat('x', 900), 'UTF8')",
		"event": "'{}'", "reference": "('order:' || (:order_id)::text)", "actor_id": ":who", "low": "10",
	}
	statement := func(file, name string, positional ...string) string {
		content, err := os.ReadFile(filepath.Join("..", "..", "queries", file+".sql"))
		require.NoError(b, err)
		_, text, found := strings.Cut(string(content), "-- name: "+name+" :")
		require.True(b, found, name)
		_, text, _ = strings.Cut(text, "\n")
		text, _, _ = strings.Cut(text, ";")
		text = regexp.MustCompile(`sqlc\.narg\((\w+)\)`).ReplaceAllString(text, "@$1")
		text = regexp.MustCompile(`@\w+`).ReplaceAllStringFunc(text, func(argument string) string {
			value, known := arguments[argument[1:]]
			require.True(b, known, argument)
			return value
		})
		for i, value := range positional {
			text = strings.ReplaceAll(text, fmt.Sprintf("$%d", i+1), value)
		}
		return strings.TrimSpace(text)
	}
	return strings.Join([]string{
		`\set who :client_id + 2`, `\set cart :client_id + 1`, `\set key random(1, 1000000000000000)`,
		fmt.Sprintf(`\set first random(2, %d)`, benchProducts/2), fmt.Sprintf(`\set second random(%d, %d)`, benchProducts/2+1, benchProducts),
		strings.NewReplacer("$1", ":cart", "$2", ":first", "$3", ":second").Replace(refill) + ";",
		statement("identity", "GetPrincipal") + ";",
		"BEGIN;",
		statement("idempotency", "TryIdempotencyKey") + ";",
		statement("idempotency", "GetIdempotencyKey") + ";",
		statement("cart", "LockAccountCart", ":who") + ";",
		statement("orders", "GetCheckout") + ";",
		statement("orders", "ListCheckoutCart", ":cart") + ";",
		statement("orders", "PlaceOrder") + ` \gset order_`,
		statement("idempotency", "KeepIdempotencyKey") + ";",
		statement("inventory", "TakeStock") + ";",
		"COMMIT;",
	}, "\n") + "\n"
}

// findPgbench finds pgbench, beside the server's programs too.
func findPgbench(b *testing.B) string {
	b.Helper()
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // the pattern is constant: no error
	if len(found) == 0 {
		b.Skip("pgbench, the yardstick, is not on this machine")
	}
	return found[len(found)-1]
}
