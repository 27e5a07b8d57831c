package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/prove"
)

func proveCommand() *cobra.Command {
	var options prove.Options
	var yes bool
	c := &cobra.Command{
		Use:   "prove",
		Short: "Sell too little to too many, and check whether every response was true",
		Long: `Lets buyers compete for little stock on the database of the settings. They order
products in opposite order, send requests twice at once, disconnect and retry with
the same Idempotency-Key, cancel and pay. Then it compares the responses they got
with the database, and checks the books. With --kill the server runs in another
process, which is killed and started again meanwhile.

It creates customers and products named prove-…. At the end it hides the products
and deactivates the accounts; their orders stay. The exit status is 1 if anything
contradicts a response.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(nil)
			if err != nil {
				return err
			}
			if !settings.Debug && !yes {
				return errors.New(
					"DEBUG=false: this may be a real shop; " +
						"--yes sells to invented customers anyway",
				)
			}
			if min(options.Buyers, options.Attempts, options.Products, int(options.Units)) < 1 ||
				options.Kills < 0 {
				return errors.New(
					"--buyers, --attempts, --products and --units must be 1 or more, " +
						"and --kill not negative",
				)
			}
			return proveShop(c, settings, options)
		},
	}
	c.Flags().IntVar(&options.Buyers, "buyers", 300, "customers who buy at once")
	c.Flags().IntVar(&options.Attempts, "attempts", 10_000, "orders they try to place, together")
	c.Flags().IntVar(&options.Products, "products", 2, "products they want, two of them each time")
	c.Flags().Int32Var(&options.Units, "units", 50, "units of each product")
	c.Flags().
		Uint64Var(&options.Seed, "seed", rand.Uint64N(1_000_000), "makes the same choices again")
	c.Flags().Lookup("seed").DefValue = "chosen at random"
	c.Flags().IntVar(&options.Kills, "kill", 0, "kill the server so many times")
	c.Flags().Lookup("kill").NoOptDefVal = "20"
	c.Flags().BoolVar(&options.Pay, "pay", true, "have buyers pay, with the test provider")
	c.Flags().BoolVar(&yes, "yes", false, "run although DEBUG is false")
	return c
}

func proveShop(c *cobra.Command, settings config.Settings, options prove.Options) error {
	settings.RateLimitFactor, settings.OrderMaxOpenUnpaid, settings.AccessTokenMinutes = 0, 0, 24*60
	settings.MetricsAddress = ""
	// The passwords of the run are random, so a higher cost would not make them safer.
	if settings.BcryptCost = 10; settings.Debug {
		settings.BcryptCost = 4
	}
	log := slog.New(slog.DiscardHandler) // each disconnected buyer would log a line
	slog.SetDefault(log)
	a, err := app.New(c.Context(), settings, log, nil)
	if err != nil {
		return hint(err)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(
		out, "%d buyers, %d attempts, %d products of %d units, seed %d\n", options.Buyers,
		options.Attempts, options.Products, options.Units, options.Seed,
	)
	progress := newBar(c.ErrOrStderr(), "Buying")
	options.Progress = progress.at
	var report prove.Report
	if options.Kills > 0 {
		report, err = proveKilled(c.Context(), a, settings, options)
	} else {
		report, err = proveHere(c.Context(), a, options)
	}
	progress.finish()
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	if err := report.Write(out); err != nil {
		return err
	}
	if len(report.Contradictions) > 0 {
		return fmt.Errorf("contradiction: %s (--seed %d)", report.Contradictions[0], options.Seed)
	}
	return nil
}

// proveHere runs the sale on a server in this process.
func proveHere(ctx context.Context, a *app.App, options prove.Options) (prove.Report, error) {
	listener, err := app.Listen(ctx, "127.0.0.1", 0)
	if err != nil {
		return prove.Report{}, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(serving, listener) }()
	report, err := a.Prove(ctx, "http://"+listener.Addr().String(), nil, options)
	stop()
	return report, errors.Join(err, <-ended)
}

// proveKilled runs the sale on a server in another process, which is killed meanwhile.
func proveKilled(
	ctx context.Context, a *app.App, settings config.Settings, options prove.Options,
) (prove.Report, error) {
	program, err := os.Executable()
	if err != nil {
		return prove.Report{}, err
	}
	process, err := prove.StartProcess(ctx, program, []string{
		"RATE_LIMIT_FACTOR=0", "ORDER_MAX_OPEN_UNPAID=0", "ACCESS_TOKEN_EXPIRE_MINUTES=1440",
		"LOG_LEVEL=error", "LOG_FORMAT=text", fmt.Sprintf("BCRYPT_COST=%d", settings.BcryptCost),
		"PAYMENT_CALL_TIMEOUT=" + prove.CallTimeout.String(),
	})
	if err != nil {
		return prove.Report{}, err
	}
	report, err := a.Prove(ctx, process.URL, process.Kill, options)
	return report, errors.Join(err, process.Stop())
}
