package app

import (
	"context"

	"github.com/shopd/shopd/internal/prove"
)

// Prove puts a server at url, which serves the same database as a, through a sale; kill, which may
// be nil, kills it and starts it again.
func (a *App) Prove(
	ctx context.Context, url string, kill func(context.Context) error, options prove.Options,
) (prove.Report, error) {
	parts := prove.Parts{Pool: a.pool, Identity: a.Identity, URL: url, Kill: kill, Check: a.Check}
	if a.TestPayments != nil {
		parts.Ledger = a.TestPayments.Ledger
	}
	return prove.Run(ctx, parts, options)
}
