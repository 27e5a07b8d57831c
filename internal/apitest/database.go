package apitest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/devstack"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/migrations"
)

// servers are what all tests of this process share.
var servers struct {
	postgres, redis string // URLs
	release         func() error
}

// startServers gets the servers; the first use on a bare machine installs them.
func startServers(ctx context.Context) error {
	stack, err := devstack.Start(ctx, devstack.Options{Step: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}})
	if err != nil {
		return err
	}
	servers.postgres, servers.redis = stack.DatabaseURL, stack.RedisURL
	servers.release = stack.Release
	return nil
}

// emptyTemplate has the schema and the demo administrator. Its name is a hash of the migrations, so
// it serves all processes until they change.
var emptyTemplate = sync.OnceValues(func() (string, error) {
	name := "shopd_template_" + hashMigrations()
	return name, makeTemplate(context.Background(), name, withAccounts)
})

// largeTemplate has 100,000 products with vectors. It takes minutes to make, and is used until the
// migrations or the statements that make it change.
var largeTemplate = sync.OnceValues(func() (string, error) {
	name := "shopd_large_" + hashMigrations(largeSQL, local.New().Model())
	return name, makeTemplate(context.Background(), name, withManyProducts)
})

// content says which data a template has in addition to the schema.
type content int

const (
	withAccounts content = iota
	withDemo
	withManyProducts
)

// demoTemplate has the demo catalogue and its vectors too. Code made it, so it lives as long as the
// process.
var demoTemplate = sync.OnceValues(func() (string, error) {
	name := "shopd_demo_" + randomWord()
	err := makeTemplate(context.Background(), name, withDemo)
	if err == nil {
		temporary = append(temporary, name)
	}
	return name, err
})

var temporary []string // templates to drop at the end

// makeTemplate makes a template database unless it exists. Processes that want the same one wait
// for the first.
func makeTemplate(ctx context.Context, name string, holds content) error {
	conn, err := pgx.Connect(ctx, servers.postgres)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	var ready bool
	if err := conn.QueryRow(
		ctx, "SELECT coalesce((SELECT datistemplate FROM pg_database WHERE datname = $1), false)",
		name,
	).
		Scan(&ready); err != nil ||
		ready {
		return err
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quoted); err != nil {
		return err
	}
	if err := fill(ctx, databaseURL(name), holds); err != nil {
		return fmt.Errorf("template %s: %w", name, err)
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quoted+" IS_TEMPLATE true")
	return err
}

func fill(ctx context.Context, url string, holds content) error {
	if err := postgres.Migrate(ctx, url); err != nil {
		return err
	}
	variables := defaults(url)
	dir, err := os.MkdirTemp("", "shopd-template-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	variables["UPLOAD_DIR"], variables["MAIL_DIR"], variables["PAYMENT_TEST_DIR"] = dir, dir, dir
	settings, err := config.Parse(variables)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, settings, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if err := a.SeedAccounts(ctx); err != nil {
		return err
	}
	switch holds {
	case withDemo:
		if err := a.SeedCatalogue(ctx, app.WithoutImages, nil); err != nil {
			return err
		}
		return a.Index(ctx, nil)
	case withManyProducts:
		return fillLarge(ctx, url, a.Vectors)
	}
	return nil
}

// copyDatabase makes a test's own database from a template.
func copyDatabase(t testing.TB, template string) string {
	t.Helper()
	name := "shopd_test_" + randomWord()
	admin(
		t,
		"CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{
			template,
		}.Sanitize(),
	)
	// The data need not survive a crash of PostgreSQL, and the disk is slow with many tests.
	if _, ok := t.(*testing.T); ok {
		admin(t, "ALTER DATABASE "+pgx.Identifier{name}.Sanitize()+" SET synchronous_commit = off")
	}
	t.Cleanup(func() { admin(t, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)") })
	return databaseURL(name)
}

// CreateDatabase makes an empty database for a test about migrations.
func CreateDatabase(t testing.TB) (url string) {
	t.Helper()
	return copyDatabase(t, "template0")
}

// RedisURL is the server all tests share; a test that needs an empty one takes a prefix of its own.
func RedisURL() string { return servers.redis }

func admin(t testing.TB, sql string) {
	t.Helper()
	ctx := context.Background() // cleanup runs after the test's own context has ended
	conn, err := pgx.Connect(ctx, servers.postgres)
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	// PostgreSQL has waited for 5 seconds: its autovacuum looks at a new template.
	const inUse = "55006"
	for attempt := 1; ; attempt++ {
		_, err = conn.Exec(ctx, sql)
		var pg *pgconn.PgError
		if attempt == 6 || !errors.As(err, &pg) || pg.Code != inUse {
			break
		}
	}
	require.NoError(t, err)
}

func dropTemporary() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, servers.postgres)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, name := range temporary {
		quoted := pgx.Identifier{name}.Sanitize()
		_, _ = conn.Exec(ctx, "ALTER DATABASE "+quoted+" IS_TEMPLATE false")
		_, _ = conn.Exec(ctx, "DROP DATABASE "+quoted+" WITH (FORCE)")
	}
}

func databaseURL(name string) string {
	u, err := url.Parse(servers.postgres)
	if err != nil {
		panic(err) // the server was reached by it
	}
	u.Path = "/" + name
	return u.String()
}

// hashMigrations returns a hash that identifies a schema, and what else is put into it.
func hashMigrations(more ...string) string {
	hash := sha256.New()
	for _, text := range more {
		hash.Write([]byte(text))
	}
	names, _ := fs.Glob(migrations.FS, "*.up.sql") // the pattern is constant: no error
	for _, name := range names {
		text, err := migrations.FS.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func randomWord() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
