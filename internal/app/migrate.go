package app

import (
	"context"
	"log/slog"

	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Migrate waits for PostgreSQL and brings its schema to the newest version.
func Migrate(ctx context.Context, s config.Settings, log *slog.Logger) error {
	pool, err := postgres.Open(ctx, s.DatabaseURL, 2, nil, nil)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := waitForPostgres(ctx, pool, s, log); err != nil {
		return err
	}
	return postgres.Migrate(ctx, s.DatabaseURL)
}
