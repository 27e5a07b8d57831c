// Command shopd is the server of the shop, with the tools to operate it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// The first signal stops the program gracefully, the second one ends it immediately.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(os.Stderr, "shopd: "+strings.TrimSpace(line))
		}
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "shopd",
		Short: "A commerce API server with a shopping assistant",
		Long: `shopd serves a shop's API: catalogue, accounts and an assistant that answers from
the catalogue. Settings are environment variables; .env.example lists them. To try
it: shopd dev`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		serveCommand(), workerCommand(), devCommand(), migrateCommand(), seedCommand(),
		indexCommand(), prepareCommand(), adminCommand(), importCommand(), exportCommand(),
		checkCommand(), proveCommand(), openapiCommand(), healthCommand(), versionCommand(),
	)
	return root
}
