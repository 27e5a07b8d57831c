// Package apitest runs the whole server for a test: on real PostgreSQL and Redis, with a database
// of its own that is a copy of a template, behind a real HTTP listener. It checks every request and
// every response against openapi.yaml, and the run fails when an operation or a documented status
// was reached by no test.
package apitest

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Demo accounts of every test database.
const (
	AdminEmail    = app.DemoAdminEmail
	AdminPassword = app.DemoAdminPassword
)

// Shop is a server of one test.
type Shop struct {
	Caller // calls without an account
	App    *app.App
	Pool   *pgxpool.Pool // the test's own way into the database
	Log    *Log

	DatabaseURL string
	PaymentDir  string // the test provider's ledger

	statements *counter
	variables  map[string]string
}

// Setting changes one setting of the server.
type Setting struct{ Name, Value string }

// New starts a server on a database with the schema, roles and the demo administrator, but no
// products.
func New(t testing.TB, settings ...Setting) *Shop { return start(t, emptyTemplate, settings) }

// Demo starts a server on a database with the demo catalogue, indexed by the local provider. There
// are no image files.
func Demo(t testing.TB, settings ...Setting) *Shop { return start(t, demoTemplate, settings) }

// Large starts a server on a database with 100,000 products, for benchmarks.
func Large(t testing.TB, settings ...Setting) *Shop { return start(t, largeTemplate, settings) }

func start(t testing.TB, template func() (string, error), settings []Setting) *Shop {
	t.Helper()
	name, err := template()
	require.NoError(t, err)
	return startOn(t, copyDatabase(t, name), settings)
}

// Restart starts another server on the same database and with the same payment provider. The first
// one continues to run.
func (s *Shop) Restart(settings ...Setting) *Shop {
	s.t.Helper()
	return startOn(
		s.t, s.DatabaseURL, append([]Setting{{"PAYMENT_TEST_DIR", s.PaymentDir}}, settings...),
	)
}

func startOn(t testing.TB, url string, settings []Setting) *Shop {
	t.Helper()
	variables := defaults(url)
	variables["REDIS_PREFIX"] = "test:" + randomWord() + ":"
	for _, name := range []string{"UPLOAD_DIR", "MAIL_DIR", "PAYMENT_TEST_DIR"} {
		variables[name] = t.TempDir()
	}
	for _, setting := range settings {
		variables[setting.Name] = setting.Value
	}
	s, err := config.Parse(variables)
	require.NoError(t, err)

	shop := &Shop{
		DatabaseURL: url,
		PaymentDir:  s.PaymentTestDir,
		statements:  new(counter),
		variables:   variables,
		Log:         new(Log),
	}
	var level slog.Level
	require.NoError(t, level.UnmarshalText([]byte(s.LogLevel)))
	log := slog.New(slog.NewJSONHandler(shop.Log, &slog.HandlerOptions{Level: level}))
	shop.App, err = app.New(t.Context(), s, log, shop.statements)
	require.NoError(t, err)
	if s.Workers {
		require.NoError(t, shop.App.Work(t.Context()))
	}
	listener := httptest.NewServer(shop.App.Server)
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, shop.App.Close())
	})
	shop.Pool, err = postgres.Open(t.Context(), url, 4, nil, nil)
	require.NoError(t, err)
	t.Cleanup(shop.Pool.Close)
	shop.Caller = Caller{t: t, url: listener.URL, shop: shop}
	return shop
}

// Secret is the SECRET_KEY of the servers that tests run.
const Secret = "a-secret-that-only-the-tests-know-and-use"

// defaults returns the settings of a test server: cheap passwords, no rate limits and no cached
// pages, since tests change the database directly.
func defaults(databaseURL string) map[string]string {
	return map[string]string{
		"DEBUG":             "true",
		"SECRET_KEY":        Secret,
		"BCRYPT_COST":       "4",
		"DATABASE_URL":      databaseURL,
		"REDIS_URL":         servers.redis,
		"DATABASE_POOL":     "8",
		"RATE_LIMIT_FACTOR": "0",
		"RAG_PROVIDER":      "local",
		"START_TIMEOUT":     "10s",
		"DRAIN_DELAY":       "0s",
		"WORKERS":           "false",
		"CACHE_RESPONSES":   "false",
	}
}

// NotWithRace leaves a test out under the race detector, which makes it ten times slower: one that
// computes much and shares little. CI runs it without.
func NotWithRace(t *testing.T) {
	t.Helper()
	if withRace {
		t.Skip("it computes much and shares little: run it without -race")
	}
}

// Statements returns how many SQL statements the server ran during work.
func (s *Shop) Statements(work func()) int {
	before := s.statements.Load()
	work()
	return int(s.statements.Load() - before)
}

// RequireSound requires that all books balance, as `shopd check` would find them.
func (s *Shop) RequireSound() {
	s.t.Helper()
	findings, err := s.App.Check(s.t.Context())
	require.NoError(s.t, err)
	require.NotEmpty(s.t, findings)
	for _, finding := range findings {
		require.Empty(s.t, finding.Found, finding.Name)
	}
}

// Exec changes the database behind the server's back.
func (s *Shop) Exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.Pool.Exec(s.t.Context(), sql, args...)
	require.NoError(s.t, err)
}

// Value reads one value from the database.
func Value[T any](s *Shop, sql string, args ...any) T {
	s.t.Helper()
	var value T
	require.NoError(s.t, s.Pool.QueryRow(s.t.Context(), sql, args...).Scan(&value))
	return value
}

// counter counts statements, and records them while a test wants to see their plans.
type counter struct {
	atomic.Int64
	kept atomic.Pointer[statementLog]
}

func (c *counter) TraceQueryStart(
	ctx context.Context, _ *pgx.Conn, start pgx.TraceQueryStartData,
) context.Context {
	if !isUpkeep(start.SQL) {
		c.Add(1)
		if log := c.kept.Load(); log != nil {
			log.add(start)
		}
	}
	return ctx
}

// isUpkeep reports whether a statement is not the request's: a new connection learns its types, one
// that was idle is asked whether it lives, the queue wakes its workers unless it did so a moment
// ago, and a server looks once a second whether a sale begins or ends.
func isUpkeep(sql string) bool {
	return sql == "-- ping" || strings.Contains(sql, "pg_type") ||
		strings.Contains(sql, "regtype") ||
		strings.Contains(sql, "PGNotifyMany") ||
		strings.HasPrefix(sql, "-- name: TurnSales ")
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
