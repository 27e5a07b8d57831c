package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// migratesVariable names a database and turns the test binary into a program that migrates it.
const migratesVariable = "SHOPD_TEST_MIGRATES"

func TestMain(m *testing.M) {
	if url := os.Getenv(migratesVariable); url != "" {
		if err := postgres.Migrate(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	apitest.Main(m)
}

// `migrate up` is killed at random moments, on empty databases and on those with products. The next
// `migrate up` completes the migration each time. SHOPD_TEST_KILLS sets how often (40 for the
// figures of a release).
func TestKilledMigrationsAreContinued(t *testing.T) {
	t.Parallel()
	kills := 6
	if text := os.Getenv("SHOPD_TEST_KILLS"); text != "" {
		var err error
		kills, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	migrated := apitest.CreateDatabase(t)
	began := time.Now()
	require.NoError(t, migrateAsProgram(t, migrated).Run())
	lasts, want := time.Since(began), schema(t, migrated)
	for i := range kills {
		url := apitest.CreateDatabase(t)
		if i%2 == 1 {
			fill(t, url)
		}
		after := time.Duration(rand.Int64N(int64(lasts)))
		program := migrateAsProgram(t, url)
		require.NoError(t, program.Start())
		timer := time.AfterFunc(after, func() { _ = program.Process.Kill() })
		_ = program.Wait()
		timer.Stop()

		require.NoError(t, migrateAsProgram(t, url).Run(), "killed after %s", after)
		assert.Equal(t, want, schema(t, url), "killed after %s", after)
		if i%2 == 1 {
			assert.Equal(t, "500", query(t, url, "SELECT count(*)::text FROM products"))
		}
	}
}

func migrateAsProgram(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), migratesVariable+"="+url)
	c.Stderr = os.Stderr
	return c
}

// fill runs the migrations up to those of the search, and adds products.
func fill(t *testing.T, url string) {
	t.Helper()
	require.NoError(t, postgres.MigrateSteps(t.Context(), url, 5))
	query(t, url, `
		WITH made AS (INSERT INTO products (name, slug)
			SELECT 'Lamp ' || n, 'lamp-' || n FROM generate_series(1, 500) n RETURNING id)
		INSERT INTO variants (product_id, is_default, sku, price_minor)
		SELECT id, true, 'L' || id, 1200 FROM made RETURNING ''`)
}

// query returns the first column of the first row.
func query(t *testing.T, url, statement string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	require.NoError(t, conn.QueryRow(t.Context(), statement).Scan(&value))
	return value
}

// A migration that fails leaves nothing behind, neither its first statements nor its version, and
// runs again once its file is right.
func TestFailedMigrationsLeaveNothing(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	files := fstest.MapFS{
		"000001_a.up.sql": {Data: []byte("CREATE TABLE a (n int);")},
		"000002_b.up.sql": {Data: []byte("CREATE TABLE b (n int);\nINSERT INTO b VALUES ('x');")},
	}
	version := func() string {
		return query(t, url, "SELECT version || ' ' || dirty FROM schema_migrations")
	}
	require.ErrorContains(
		t, postgres.MigrateFrom(t.Context(), url, files), "migrating to version 2",
	)
	assert.Equal(t, "1 false", version())
	files["000002_b.up.sql"].Data = []byte("CREATE TABLE b (n int);")
	require.NoError(t, postgres.MigrateFrom(t.Context(), url, files))
	assert.Equal(t, "2 false", version())
}

// A migration with "-- no transaction" runs outside a transaction, and again after it failed.
func TestMigrationsMayRunOutsideTransactions(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	files := fstest.MapFS{
		"000001_a.up.sql": {Data: []byte("CREATE TABLE a (n int);")},
		"000002_b.up.sql": {Data: []byte("-- no transaction\n" +
			"DROP INDEX CONCURRENTLY IF EXISTS a_n;\n" +
			"CREATE INDEX CONCURRENTLY a_n ON a (n);\nSELECT 1/0;\n")},
	}
	require.ErrorContains(t, postgres.MigrateFrom(t.Context(), url, files), "division by zero")
	files["000002_b.up.sql"].Data = []byte("-- no transaction\n" +
		"DROP INDEX CONCURRENTLY IF EXISTS a_n;\nCREATE INDEX CONCURRENTLY a_n ON a (n);\n")
	require.NoError(t, postgres.MigrateFrom(t.Context(), url, files))
	assert.Equal(t, "2", query(t, url, "SELECT version::text FROM schema_migrations"))
	assert.Equal(
		t, "a_n", query(t, url, "SELECT indexname::text FROM pg_indexes WHERE tablename = 'a'"),
	)
}

// A database of a newer program is refused, with an error that says what to do.
func TestNewerSchemasAreRefused(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	require.NoError(t, postgres.Migrate(t.Context(), url))
	query(t, url, "UPDATE schema_migrations SET version = 24 RETURNING ''")
	for _, err := range []error{
		postgres.Migrate(t.Context(), url), postgres.MigrateSteps(t.Context(), url, -1),
	} {
		assert.ErrorContains(t, err, fmt.Sprintf(
			"the schema is at version 24, but this program knows versions up to %d",
			postgres.Newest(),
		))
		assert.ErrorContains(t, err, "shopd dev --reset")
	}
}
