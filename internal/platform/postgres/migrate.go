package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/migrations"
)

// Migrate migrates the schema to the newest version. Several processes may call it at once: one
// migrates, the others wait for it. If a process is killed, the schema is at the version of the
// last complete migration, and the next call continues from there.
func Migrate(ctx context.Context, url string) error {
	return withMigrator(ctx, url, migrations.FS, func(m *migrate.Migrate) error { return m.Up() })
}

// MigrateSteps runs n migrations up, or -n down if n is negative.
func MigrateSteps(ctx context.Context, url string, n int) error {
	return withMigrator(
		ctx, url, migrations.FS, func(m *migrate.Migrate) error { return m.Steps(n) },
	)
}

func withMigrator(
	ctx context.Context, url string, files fs.FS, work func(*migrate.Migrate) error,
) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("DATABASE_URL: not a valid PostgreSQL URL")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	m, err := newMigrator(ctx, conn, files)
	if err != nil {
		return err
	}
	err = work(m)
	if errors.Is(err, migrate.ErrNoChange) {
		return nil
	}
	return err
}

func newMigrator(ctx context.Context, conn *pgx.Conn, files fs.FS) (*migrate.Migrate, error) {
	source, err := iofs.New(files, ".")
	if err != nil {
		return nil, err
	}
	driver := &migrationDriver{ctx: ctx, conn: conn, newest: newest(files)}
	m, err := migrate.NewWithInstance("embedded", source, "postgres", driver)
	if err != nil {
		return nil, err
	}
	m.LockTimeout = 24 * time.Hour // waiting for another process ends with ctx
	return m, nil
}

// ErrPending is returned if the schema is older than this program expects.
var ErrPending = errors.New("migrations are pending: run `shopd migrate up`")

// CheckSchema returns ErrPending if the schema is older than the version this program was built
// with. A newer schema is accepted, since during an upgrade the previous program runs until it is
// replaced.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool) error {
	var version int
	var dirty bool
	err := pool.QueryRow(ctx, "SELECT version, dirty FROM schema_migrations").Scan(&version, &dirty)
	if errors.Is(err, pgx.ErrNoRows) || isUndefinedTable(err) {
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

// Newest returns the version of the last migration of this program.
func Newest() int { return newest(migrations.FS) }

func newest(files fs.FS) int {
	names, _ := fs.Glob(files, "*.up.sql") // the pattern is constant: no error
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
