package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check whether the books balance: stock, its ledger, orders and payments",
		Long: `Checks stock against its ledger, orders against their lines, their reserved stock,
their history and their payments, and payments against the test provider's ledger,
on the database of the settings. Only reads, and blocks no request. The exit status
is 1 if something is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withApp(c.Context(), func(a *app.App) error {
				results, err := a.Check(c.Context())
				if err != nil {
					return err
				}
				findings := 0
				for _, result := range results {
					fmt.Fprintf(
						c.OutOrStdout(), "%-68s %8d checked, %d wrong\n", result.Name,
						result.Checked, len(result.Found),
					)
					for _, finding := range result.Found {
						fmt.Fprintln(c.OutOrStdout(), "  "+finding)
					}
					findings += len(result.Found)
				}
				if err := printInternalAttributes(c, a); err != nil {
					return err
				}
				if findings > 0 {
					return fmt.Errorf("the books do not balance: %d findings", findings)
				}
				return nil
			})
		},
	}
}

// printInternalAttributes lists attributes that shoppers see and that look internal, such as a cost
// price in an imported file. They do not make the check fail.
func printInternalAttributes(c *cobra.Command, a *app.App) error {
	found, err := a.Feeds.InternalAttributes(c.Context())
	if err != nil || len(found) == 0 {
		return err
	}
	fmt.Fprintln(
		c.OutOrStdout(),
		"These attributes are public and look internal; "+
			"clear them if they are not meant for shoppers:",
	)
	for _, attribute := range found {
		fmt.Fprintf(c.OutOrStdout(), "  %s (%d products)\n", attribute.Name, attribute.Products)
	}
	return nil
}
