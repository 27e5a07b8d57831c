package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// noTransaction is the first line of a migration that cannot run in a transaction, such as CREATE
// INDEX CONCURRENTLY. Its statements, each of which ends a line, run one by one. They must be
// repeatable (IF NOT EXISTS, or a DROP … IF EXISTS before): if a process is killed in between,
// the next one runs the whole file again.
const noTransaction = "-- no transaction\n"

// migrationDriver runs migrations for golang-migrate. It commits each migration together with its
// version. golang-migrate's own driver marks a version as dirty before it runs the migration, so a
// killed process would leave a database that somebody has to repair.
type migrationDriver struct {
	ctx    context.Context
	conn   *pgx.Conn
	newest int
	target int // the version after the next Run
}

// Lock implements database.Driver. It waits until no other process migrates this database.
func (d *migrationDriver) Lock() error {
	return d.exec("SELECT pg_advisory_lock(hashtext('shopd.migrations'))")
}

// Unlock implements database.Driver.
func (d *migrationDriver) Unlock() error {
	return d.exec("SELECT pg_advisory_unlock(hashtext('shopd.migrations'))")
}

// Version returns the version of the schema, which is database.NilVersion for an empty database. It
// returns an error for a version that this program cannot migrate from.
func (d *migrationDriver) Version() (version int, dirty bool, err error) {
	err = d.conn.QueryRow(d.ctx, "SELECT version, dirty FROM schema_migrations").
		Scan(&version, &dirty)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || isUndefinedTable(err):
		return database.NilVersion, false, nil
	case err != nil:
		return 0, false, err
	case version > d.newest:
		return 0, false, fmt.Errorf(
			"the schema is at version %d, but this program knows versions up to %d: run the newer "+
				"program that made it, or start over (in development: `shopd dev --reset`)",
			version, d.newest,
		)
	case dirty:
		return 0, false, fmt.Errorf(
			"another program left the schema half migrated to version %d: restore a backup, or "+
				"start over (in development: `shopd dev --reset`)", version,
		)
	}
	return version, false, nil
}

// SetVersion is called with dirty set before a migration, and without after it. Run stores the
// version.
func (d *migrationDriver) SetVersion(version int, _ bool) error {
	d.target = version
	return nil
}

// Run runs a migration and stores its version.
func (d *migrationDriver) Run(migration io.Reader) error {
	text, err := io.ReadAll(migration)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(text, []byte(noTransaction)) {
		for statement := range strings.SplitAfterSeq(string(text), ";\n") {
			if err := d.exec(statement); err != nil {
				return d.failed(err)
			}
		}
		text = nil
	}
	return pgx.BeginFunc(d.ctx, d.conn, func(tx pgx.Tx) error {
		// A migration that waits for a lock blocks all later statements on the table, so it fails
		// soon.
		if _, err := tx.Exec(d.ctx, "SET LOCAL lock_timeout = '5s'"); err != nil {
			return err
		}
		if _, err := tx.Exec(d.ctx, string(text)); err != nil {
			return d.failed(err)
		}
		// The table has the form of golang-migrate's own drivers.
		if _, err := tx.Exec(d.ctx, `
			CREATE TABLE IF NOT EXISTS schema_migrations
				(version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
			DELETE FROM schema_migrations`); err != nil {
			return err
		}
		if d.target == database.NilVersion {
			return nil
		}
		_, err := tx.Exec(
			d.ctx, "INSERT INTO schema_migrations (version, dirty) VALUES ($1, false)", d.target,
		)
		return err
	})
}

func (d *migrationDriver) exec(statement string) error {
	_, err := d.conn.Exec(d.ctx, statement)
	return err
}

// failed returns an error that names the version of the migration.
func (d *migrationDriver) failed(err error) error {
	return fmt.Errorf("migrating to version %d: %w", d.target, err)
}

// Open is not used: the driver is made with its connection.
func (d *migrationDriver) Open(string) (database.Driver, error) {
	return nil, errors.ErrUnsupported
}

// Drop is not used.
func (d *migrationDriver) Drop() error { return errors.ErrUnsupported }

// Close does nothing: withMigrator closes the connection.
func (d *migrationDriver) Close() error { return nil }

func isUndefinedTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42P01"
}
