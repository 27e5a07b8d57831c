package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/devstack"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

func devCommand() *cobra.Command {
	var reset bool
	c := &cobra.Command{
		Use:   "dev",
		Short: "Start everything for development: PostgreSQL, Redis, demo catalogue, API",
		Long: `Starts PostgreSQL with pgvector and Redis (those of DATABASE_URL and REDIS_URL, in
Docker, or installed natively), creates the schema, fills an empty shop with a demo
catalogue, indexes it and serves the API. Data is stored under .shopd until --reset.
Ctrl-C stops everything that was started.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return dev(c.Context(), c.ErrOrStderr(), reset)
		},
	}
	c.Flags().BoolVar(&reset, "reset", false, "start over: delete all data first")
	return c
}

// stopTimeout is how long PostgreSQL and Redis may take to stop.
const stopTimeout = 15 * time.Second

func dev(ctx context.Context, out io.Writer, reset bool) (err error) {
	started := time.Now()
	step := func(format string, args ...any) {
		fmt.Fprintf(
			out, "[%5.1fs] %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...),
		)
	}
	if err := config.ReadDotenv(); err != nil {
		return err
	}
	folder := devstack.Folder()
	defaults := map[string]string{
		"DEBUG":            "true",
		"HOST":             "127.0.0.1",
		"DRAIN_DELAY":      "0s",
		"LOG_FORMAT":       "text",
		"UPLOAD_DIR":       filepath.Join(folder, "uploads"),
		"MAIL_DIR":         filepath.Join(folder, "mail"),
		"PAYMENT_TEST_DIR": filepath.Join(folder, "payments"),
		// The real address is known only after the servers have started. All other settings are
		// checked before that.
		"DATABASE_URL": "postgres://unknown.invalid/shopd",
	}
	settings, err := config.Load(defaults)
	if err != nil {
		return err
	}
	listener, err := app.Listen(ctx, settings.Host, settings.Port)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	options := devstack.Options{Dir: folder, Step: step}
	if reset {
		step("Deleting the data of the shop")
		if err := errors.Join(
			devstack.Reset(ctx, options), os.RemoveAll(settings.UploadDir),
			os.RemoveAll(settings.PaymentTestDir),
		); err != nil {
			return err
		}
	}
	stack, err := devstack.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if stack.Origin == "native" {
			step("Stopping PostgreSQL and Redis")
		}
		err = errors.Join(err, stack.Stop(stop))
	}()
	settings.DatabaseURL, settings.RedisURL = stack.DatabaseURL, stack.RedisURL
	return serveDev(ctx, settings, listener, out, step)
}

// serveDev prepares the shop, prints what to try, and serves.
func serveDev(
	ctx context.Context, settings config.Settings, listener net.Listener, out io.Writer,
	step func(string, ...any),
) error {
	log := app.NewLog(settings)
	slog.SetDefault(log)
	step("Migrating the schema to version %d", postgres.Newest())
	if err := app.Migrate(ctx, settings, log); err != nil {
		return err
	}
	a, err := app.New(ctx, settings, log, nil)
	if err != nil {
		return err
	}
	products, err := a.Products(ctx)
	if err == nil {
		err = prepare(ctx, a, products == 0, out, step)
	}
	if err != nil {
		return errors.Join(err, a.Close())
	}
	step("Ready")
	welcome(
		out, fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port),
		settings.MailDir,
	)
	return errors.Join(a.Run(ctx, listener), a.Close())
}

func welcome(out io.Writer, url, mail string) {
	fmt.Fprintf(out, `
  API        %[1]s/api/v1/products
  Docs       %[1]s/docs
  Contract   %[1]s/openapi.yaml
  Health     %[1]s/healthz
  Admin      %[2]s / %[3]s
  Mail       %[4]s

Try:
  curl '%[1]s/api/v1/products/search?q=wireles+hedphones&limit=3'
  curl %[1]s/api/v1/rag/query %[5]s -d '{"query": "what affordable products do you have?"}'
  curl %[1]s/api/v1/auth/login %[5]s -d '{"email": "%[2]s", "password": "%[3]s"}'

Ctrl-C stops everything.

`, url, app.DemoAdminEmail, app.DemoAdminPassword, mail, "-H 'Content-Type: application/json'")
}
