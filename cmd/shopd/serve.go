package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

func serveCommand() *cobra.Command {
	var migrate bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API until interrupted",
		Long: `Serves the API on PORT. Waits for PostgreSQL; starts without Redis and uses it when
it is reachable. On SIGINT or SIGTERM readiness fails, requests under way finish,
and the program ends.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(nil)
			if err != nil {
				return err
			}
			return serve(c.Context(), settings, migrate)
		},
	}
	c.Flags().BoolVar(&migrate, "migrate", false, "migrate the schema first")
	return c
}

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Work jobs, such as mail, until interrupted, without serving",
		Long: `Works jobs for servers that run with WORKERS=false. Any number of workers may run at
once. On SIGINT or SIGTERM the jobs under way finish, and the program ends.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withApp(c.Context(), func(a *app.App) error {
				if err := a.Work(c.Context()); err != nil {
					return err
				}
				<-c.Context().Done()
				return nil
			})
		},
	}
}

func serve(ctx context.Context, settings config.Settings, migrate bool) error {
	log := app.NewLog(settings)
	slog.SetDefault(log)
	listener, err := app.Listen(ctx, settings.Host, settings.Port)
	if err != nil {
		return err
	}
	if migrate {
		if err := app.Migrate(ctx, settings, log); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	server, err := app.New(ctx, settings, log, nil)
	if err != nil {
		return errors.Join(hint(err), listener.Close())
	}
	return errors.Join(server.Run(ctx, listener), server.Close())
}

// hint returns an error that says what to do, for errors that the user of the command can solve.
func hint(err error) error {
	if errors.Is(err, postgres.ErrPending) {
		return errors.New(
			"migrations are pending: run `shopd migrate up`, or `shopd serve --migrate`",
		)
	}
	return err
}
