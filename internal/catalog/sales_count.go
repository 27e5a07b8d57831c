package catalog

import (
	"context"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// CountSales recounts which products are bought together and how popular each is.
func (c *Catalog) CountSales(ctx context.Context) error {
	err := postgres.Tx(ctx, c.pool, func(q *db.Queries) error {
		if err := q.LockSalesCount(ctx); err != nil {
			return err
		}
		if err := q.DeleteProductPairs(ctx); err != nil {
			return err
		}
		if _, err := q.CountProductPairs(ctx); err != nil {
			return err
		}
		_, err := q.CountPopularity(ctx)
		return err
	})
	if err == nil {
		c.settings.Changed(ctx)
	}
	return err
}
