package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/shopd/shopd/migrations"
)

// Migrate brings the schema to its newest version. Several processes may call it at once: one
// migrates, the others wait for it.
func Migrate(ctx context.Context, url string) error {
	return withMigrator(ctx, url, func(m *migrate.Migrate) error { return m.Up() })
}

// MigrateSteps goes n steps up, or down when n is negative.
func MigrateSteps(ctx context.Context, url string, n int) error {
	return withMigrator(ctx, url, func(m *migrate.Migrate) error { return m.Steps(n) })
}

func withMigrator(ctx context.Context, url string, work func(*migrate.Migrate) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("DATABASE_URL: not a valid PostgreSQL URL")
	}
	// A migration that waits for a lock blocks all who come after it: give up soon instead.
	config.RuntimeParams["lock_timeout"] = "5s"
	connection := stdlib.OpenDB(*config)
	defer func() { _ = connection.Close() }()
	if err := connection.PingContext(ctx); err != nil {
		return err
	}
	m, err := newMigrator(connection)
	if err != nil {
		return err
	}
	err = work(m)
	var dirty migrate.ErrDirty
	switch {
	case errors.Is(err, migrate.ErrNoChange):
		return nil
	case errors.As(err, &dirty):
		return fmt.Errorf(
			"migration %d was interrupted: mend the schema by hand, then run `shopd migrate force %d`",
			dirty.Version, dirty.Version,
		)
	}
	return err
}

func newMigrator(connection *sql.DB) (*migrate.Migrate, error) {
	source, err := iofs.New(migrations.FS, ".")
	if err != nil {
		return nil, err
	}
	driver, err := migratepgx.WithInstance(connection, &migratepgx.Config{})
	if err != nil {
		return nil, err
	}
	return migrate.NewWithInstance("embedded", source, "postgres", driver)
}

// MigrateForce declares the schema to be at a version, after it was mended by hand.
func MigrateForce(ctx context.Context, url string, version int) error {
	return withMigrator(ctx, url, func(m *migrate.Migrate) error { return m.Force(version) })
}

// ErrPending means that the schema is older or newer than this program's.
var ErrPending = errors.New("migrations are pending: run `shopd migrate up`")

// CheckSchema answers ErrPending unless the schema is at the version this program was built with.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool) error {
	var version int
	var dirty bool
	err := pool.QueryRow(ctx, "SELECT version, dirty FROM schema_migrations").Scan(&version, &dirty)
	var pg *pgconn.PgError
	if errors.Is(err, pgx.ErrNoRows) || errors.As(err, &pg) && pg.Code == "42P01" {
		return ErrPending
	}
	if err != nil {
		return err
	}
	if dirty || version < Newest() {
		return ErrPending
	}
	return nil
}

// Newest is the number of the last migration.
func Newest() int {
	names, _ := fs.Glob(migrations.FS, "*.up.sql") // the pattern is constant: no error
	var newest int
	for _, name := range names {
		var version int
		if _, err := fmt.Sscanf(strings.TrimLeft(name, "0"), "%d_", &version); err == nil &&
			version > newest {
			newest = version
		}
	}
	return newest
}
