package postgres_test

import (
	"context"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/migrations"
)

// schema returns a description of all objects that the migrations create, for comparison.
func schema(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var text string
	require.NoError(t, conn.QueryRow(t.Context(), `
		SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
			SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable,
			              column_default) AS line
			  FROM information_schema.columns
			 WHERE table_schema = 'public' AND table_name <> 'schema_migrations'
			UNION ALL
			SELECT indexdef FROM pg_indexes
			 WHERE schemaname = 'public' AND tablename <> 'schema_migrations'
			UNION ALL
			SELECT format('%s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
			  FROM pg_constraint
			 WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
			   AND conrelid::regclass::text <> 'schema_migrations'
			UNION ALL
			SELECT format('%s on %s', tgname, tgrelid::regclass)
			  FROM pg_trigger WHERE NOT tgisinternal
			UNION ALL
			SELECT pg_get_functiondef(p.oid) FROM pg_proc p
			 WHERE pronamespace = 'public'::regnamespace
			   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
			UNION ALL
			SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql') x`).Scan(&text))
	return text
}

// Every down migration removes exactly the objects that its up migration created.
func TestEveryMigrationGoesDownAndUpAgain(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	pool, err := postgres.Open(t.Context(), url, 2, nil, nil)
	require.NoError(t, err)
	defer pool.Close()
	require.ErrorIs(t, postgres.CheckSchema(t.Context(), pool), postgres.ErrPending)
	empty := schema(t, url)

	files, err := fs.Glob(migrations.FS, "*.up.sql")
	require.NoError(t, err)
	var steps []string // the schema after each step up
	for range files {
		require.NoError(t, postgres.MigrateSteps(t.Context(), url, 1))
		steps = append(steps, schema(t, url))
	}
	require.NoError(t, postgres.CheckSchema(t.Context(), pool))
	for i := len(steps) - 1; i >= 0; i-- {
		assert.Equal(t, steps[i], schema(t, url), files[i])
		require.NoError(t, postgres.MigrateSteps(t.Context(), url, -1), "down from %s", files[i])
		require.ErrorIs(t, postgres.CheckSchema(t.Context(), pool), postgres.ErrPending)
	}
	assert.Equal(t, empty, schema(t, url), "nothing is left behind")
	require.NoError(t, postgres.Migrate(t.Context(), url))
	assert.Equal(t, steps[len(steps)-1], schema(t, url))
}

// Migrate: several servers at once.
func TestServersMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { assert.NoError(t, postgres.Migrate(t.Context(), url)) })
	}
	all.Wait()
}

// Tx: a transaction that a deadlock ended is run again.
func TestDeadlocksAreRetried(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec("INSERT INTO brands (name, slug) VALUES ('A', 'a'), ('B', 'b')")
	touch := func(first, second string, meet *sync.WaitGroup) error {
		once := sync.OnceFunc(func() { meet.Done(); meet.Wait() })
		return pgxTx(t, shop, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(
				ctx, "UPDATE brands SET description = 'x' WHERE slug = $1", first,
			); err != nil {
				return err
			}
			once() // both hold one row now
			_, err := tx.Exec(ctx, "UPDATE brands SET description = 'x' WHERE slug = $1", second)
			return err
		})
	}
	var meet, all sync.WaitGroup
	meet.Add(2)
	all.Go(func() { assert.NoError(t, touch("a", "b", &meet)) })
	all.Go(func() { assert.NoError(t, touch("b", "a", &meet)) })
	all.Wait()
}

// pgxTx runs work like postgres.Tx, with the transaction itself.
func pgxTx(t *testing.T, shop *apitest.Shop, work func(context.Context, pgx.Tx) error) error {
	t.Helper()
	return postgres.Retry(func() error {
		return pgx.BeginFunc(
			t.Context(), shop.Pool, func(tx pgx.Tx) error { return work(t.Context(), tx) },
		)
	})
}

// Tx: an error undoes all of it.
func TestTxRollsBackOnError(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	err := postgres.Tx(t.Context(), shop.Pool, func(q *db.Queries) error {
		if _, err := q.CreateBrand(t.Context(), "A", "a", ""); err != nil {
			return err
		}
		_, err := q.CreateBrand(t.Context(), "a", "a-2", "")
		return err
	})
	assert.True(t, postgres.Violates(err, "brands_name_key"))
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*) FROM brands"))
}

func TestWaitReadySaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), "postgres://shopd:secret@127.0.0.1:1/shop", 2, nil, nil)
	require.NoError(t, err)
	defer pool.Close()
	err = postgres.WaitReady(t.Context(), pool, 100*time.Millisecond, func(error) {})
	assert.ErrorContains(
		t, err, "PostgreSQL at 127.0.0.1:1 (database shop) did not answer within 100ms",
	)
	assert.NotContains(t, err.Error(), "secret")
	_, err = postgres.Open(t.Context(), "postgres://user:secret@[broken", 2, nil, nil)
	assert.ErrorContains(t, err, "DATABASE_URL")
	assert.NotContains(t, err.Error(), "secret")
}
