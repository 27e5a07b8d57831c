package postgres

import (
	"context"
	"io/fs"

	"github.com/golang-migrate/migrate/v4"
)

// MigrateFrom migrates with the given files instead of those of the program.
func MigrateFrom(ctx context.Context, url string, files fs.FS) error {
	return withMigrator(ctx, url, files, func(m *migrate.Migrate) error { return m.Up() })
}
