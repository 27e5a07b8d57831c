package app

import (
	"context"
	"log/slog"

	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Migrate waits for PostgreSQL and brings its schema to the newest version.
func Migrate(ctx context.Context, s config.Settings, log *slog.Logger) error {
	pool, err := postgres.Open(ctx, s.DatabaseURL, 2, nil)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := postgres.WaitReady(ctx, pool, s.StartTimeout, func(err error) {
		log.Warn("waiting for PostgreSQL", "error", err.Error())
	}); err != nil {
		return err
	}
	return postgres.Migrate(ctx, s.DatabaseURL)
}
