package orders

import (
	"context"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Expire is the job that cancels orders that were not paid in time.
type Expire struct{}

// Kind implements river.JobArgs.
func (Expire) Kind() string { return "orders.expire" }

// expireBatch is how many orders one transaction cancels.
const expireBatch = 20

// Expire cancels all orders that were not paid in time. Several processes may run it at once: each
// takes orders that the others have not locked.
func (o *Orders) Expire(ctx context.Context) error {
	for {
		expired := 0
		err := postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
			ids, err := q.LockExpiredOrders(ctx, expireBatch)
			if expired = len(ids); err != nil || expired == 0 {
				return err
			}
			events := make([]string, len(ids))
			for i, id := range ids {
				event, err := o.snapshotOf(ctx, q, id, Cancelled)
				if err != nil {
					return err
				}
				events[i] = string(event)
			}
			ids, err = q.ExpireOrders(ctx, "It was not paid in time.", ids, events)
			if err != nil {
				return err
			}
			references := make([]string, 0, len(ids))
			for _, id := range ids {
				references = append(references, Reference(id))
			}
			return o.stock.Release(ctx, q, references, nil)
		})
		if err != nil || expired == 0 {
			return err
		}
		o.stock.Changed(ctx)
	}
}
