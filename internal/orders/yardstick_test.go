package orders_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// yardstick is how many of the same checkouts something makes a second that runs the statements of
// the queries and thinks nothing about them: pgbench, or this program.
func yardstick(b *testing.B) (measure func(*testing.B, *checkoutBench) float64, unit string) {
	b.Helper()
	path := findPgbench()
	if path == "" || os.Getenv("BENCH_YARDSTICK") == "pgx" {
		return byDriver, "pgx/s"
	}
	return func(b *testing.B, c *checkoutBench) float64 { return c.byPgbench(b, path) }, "pgbench/s"
}

// script is a checkout of a cart as pgbench reads it.
func (c *checkoutBench) script(b *testing.B) string {
	b.Helper()
	first := ":first"
	if c.hot {
		first = "1"
	}
	return strings.ReplaceAll(checkoutScript(b), ":first", first)
}

func (c *checkoutBench) byPgbench(b *testing.B, pgbench string) float64 {
	b.Helper()
	script := filepath.Join(b.TempDir(), "checkout.sql")
	require.NoError(b, os.WriteFile(script, []byte(c.script(b)), 0o600))
	out, err := exec.CommandContext(
		b.Context(), pgbench, "--no-vacuum", "--protocol=prepared", "--client=16", "--jobs=2",
		fmt.Sprintf("--time=%d", benchTurn/time.Second), "--file="+script, c.shop.DatabaseURL,
	).CombinedOutput()
	require.NoError(b, err, "%s", out)
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	require.NotNil(b, found, "%s", out)
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(b, err)
	return rate
}

// checkoutScript is a checkout of the cart of pgbench's client. The first customer is the second
// account.
func checkoutScript(b *testing.B) string {
	b.Helper()
	arguments := map[string]string{
		"session_id":        ":who",
		"user_id":           ":who",
		"operation":         "'createOrder'",
		"key":               "(:key)::text",
		"shipping_id":       "NULL",
		"billing_id":        "NULL",
		"number":            "('SO-' || (:key)::text)",
		"total_minor":       "2000",
		"shipping_address":  "NULL",
		"billing_address":   "NULL",
		"note":              "NULL",
		"payment_method_id": "NULL",
		"window_seconds":    "3600",
		"cart_id":           ":cart",
		"cart_variants":     "ARRAY[:first, :second]",
		"positions":         "ARRAY[0, 1]",
		"product_ids":       "ARRAY[:first, :second]",
		"variant_ids":       "ARRAY[:first, :second]",
		"names":             "ARRAY['P1', 'P2']",
		"skus":              "ARRAY['P-1', 'P-2']",
		"options":           "ARRAY['{}', '{}']",
		"quantities":        "ARRAY[1, 1]",
		"unit_minors":       "ARRAY[1000, 1000]",
		"tracked":           "ARRAY[true, true]",
		"fingerprint":       "'\\x" + strings.Repeat("00", 32) + "'",
		"status":            "201",
		"body":              "convert_to(repeat('x', 900), 'UTF8')",
		"event":             "'{}'",
		"reference":         "('order:' || (:order_id)::text)",
		"actor_id":          ":who",
		"low":               "10",
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
		`\set who :client_id + 2`, `\set cart :client_id + 1`,
		`\set key random(1, 1000000000000000)`,
		fmt.Sprintf(`\set first random(2, %d)`, benchProducts/2),
		fmt.Sprintf(`\set second random(%d, %d)`, benchProducts/2+1, benchProducts),
		strings.NewReplacer("$1", ":cart", "$2", ":first", "$3", ":second").Replace(refill) + ";",
		statement("identity", "GetPrincipal") + ";", "BEGIN;",
		statement("idempotency", "TryIdempotencyKey") + ";",
		statement("idempotency", "GetIdempotencyKey") + ";",
		statement("cart", "LockAccountCart", ":who") + ";",
		statement("orders", "GetCheckout") + ";",
		statement("orders", "ListCheckoutCart", ":cart") + ";",
		statement("orders", "CreateOrder") + ` \gset order_`,
		statement("idempotency", "StoreIdempotencyKey") + ";",
		statement("inventory", "TakeStock") + ";", "COMMIT;",
	}, "\n") + "\n"
}

// findPgbench returns the path of pgbench, which may be next to the server's programs, or "" if it
// is not on this machine.
func findPgbench() string {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, _ := filepath.Glob(
		"/usr/lib/postgresql/*/bin/pgbench",
	) // the pattern is constant: no error
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}
