package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
)

func seedCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "seed",
		Short: "Fill an empty shop with the demo catalogue and the demo administrator",
		Long: `Makes the demo administrator and, in an empty catalogue, the demo products with
drawn images. Refused while DEBUG is false, since the administrator's password is
public.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withApp(
				c.Context(),
				func(a *app.App) error { return seed(c.Context(), a, c.ErrOrStderr()) },
			)
		},
	}
}

func indexCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "index",
		Short: "Make the vectors the assistant searches",
		Long: `Makes a vector for every category and active product whose text is new. Current
vectors cost nothing, so an interrupted run continues where it stopped.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withApp(
				c.Context(),
				func(a *app.App) error { return index(c.Context(), a, c.ErrOrStderr()) },
			)
		},
	}
}

func prepareCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "prepare",
		Short: "Migrate, and in development seed, then index: all a fresh database needs",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(nil)
			if err != nil {
				return err
			}
			if err := app.Migrate(c.Context(), settings, app.NewLog(settings)); err != nil {
				return err
			}
			step := func(format string, args ...any) {
				fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...)
			}
			return withApp(c.Context(), func(a *app.App) error {
				return prepare(c.Context(), a, settings.Debug, c.ErrOrStderr(), step)
			})
		},
	}
}

// prepare seeds the shop, if seeds is set, and indexes it. If indexing fails it prints the error
// and returns nil: the shop can be served without the assistant.
func prepare(
	ctx context.Context, a *app.App, seeds bool, out io.Writer, step func(string, ...any),
) error {
	if seeds {
		step("Drawing and loading the demo catalogue")
		if err := seed(ctx, a, out); err != nil {
			return err
		}
	}
	step("Indexing the catalogue for search and assistant")
	if err := index(ctx, a, out); err != nil {
		step("The assistant is not ready: %v", err)
	}
	return ctx.Err()
}

// withApp runs work on an app that does not serve requests.
func withApp(ctx context.Context, work func(*app.App) error) error {
	settings, err := config.Load(nil)
	if err != nil {
		return err
	}
	log := app.NewLog(settings)
	slog.SetDefault(log)
	a, err := app.New(ctx, settings, log, nil)
	if err != nil {
		return hint(err)
	}
	return errors.Join(work(a), a.Close())
}

func seed(ctx context.Context, a *app.App, out io.Writer) error {
	if err := a.SeedAccounts(ctx); err != nil {
		return err
	}
	bar := newBar(out, "Drawing the demo catalogue")
	defer bar.finish()
	return a.SeedCatalogue(ctx, app.WithImages, bar.at)
}

func index(ctx context.Context, a *app.App, out io.Writer) error {
	bar := newBar(out, "Indexing products")
	defer bar.finish()
	total, err := a.Products(ctx)
	if err != nil {
		return err
	}
	if err := a.Index(ctx, func(done int) { bar.at(done, total) }); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}
