package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

func migrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Change the schema of the database"}
	c.AddCommand(
		&cobra.Command{
			Use: "up", Short: "Migrate the schema to the newest version", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				settings, err := config.Load(nil)
				if err != nil {
					return err
				}
				if err := app.Migrate(c.Context(), settings, app.NewLog(settings)); err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d.\n", postgres.Newest())
				return nil
			},
		},
		&cobra.Command{
			Use:   "down STEPS",
			Short: "Go back by a number of versions; their data is lost",
			Args:  cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				steps, err := number("STEPS", args[0])
				if err != nil {
					return err
				}
				settings, err := config.Load(nil)
				if err != nil {
					return err
				}
				return postgres.MigrateSteps(c.Context(), settings.DatabaseURL, -steps)
			},
		},
	)
	return c
}

func number(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s: %q is not a number from 1", name, text)
	}
	return n, nil
}
