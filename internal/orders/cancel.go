package orders

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// errPaid is a paid order that may be cancelled, after a refund.
var errPaid = errors.New("the order is paid")

// cancel cancels an order for its customer; false while a refund, which comes first, is under way.
func (o *Orders) cancel(ctx context.Context, id, user int64) (done bool, err error) {
	err = o.change(ctx, id, &user, func(s step, order db.Order) error {
		if order.Status == Paid && o.settings.CancelPaid {
			return errPaid
		}
		return o.move(ctx, s, order, Cancelled, customer)
	})
	if errors.Is(err, errPaid) {
		return o.settings.Refund(ctx, id, user)
	}
	return err == nil, err
}

// CancelRefunded cancels a paid order in the transaction in which its money is noted as back. The
// order must be locked. After the commit, tell the stock with Restocked.
func (o *Orders) CancelRefunded(
	ctx context.Context, q *db.Queries, order db.Order, actor *int64, note string,
) error {
	return o.move(ctx, step{q, actor, note}, order, Cancelled, refund)
}

// Restocked tells whoever shows the stock that units came back.
func (o *Orders) Restocked(ctx context.Context) { o.stock.Changed(ctx) }

// Note writes something about a locked order into its history.
func Note(ctx context.Context, q *db.Queries, order int64, actor *int64, note string) error {
	return q.NoteOrder(ctx, actor, note, order)
}

// change works on one order that is locked; of one account unless user is nil.
func (o *Orders) change(
	ctx context.Context, id int64, user *int64, work func(step, db.Order) error,
) error {
	err := postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
		order, err := q.LockOrder(ctx, id, user)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return work(step{q: q, actor: user}, order)
	})
	if err == nil {
		o.stock.Changed(ctx)
	}
	return err
}

// expireBatch is how many orders one transaction cancels.
const expireBatch = 20

// Expire cancels all orders that were not paid in time. Several processes may do so at once: each
// takes orders the others do not hold.
func (o *Orders) Expire(ctx context.Context) error {
	for {
		expired := 0
		err := postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
			ids, err := q.LockExpiredOrders(ctx, expireBatch)
			if expired = len(ids); err != nil || expired == 0 {
				return err
			}
			told := make([]string, len(ids))
			for i, id := range ids {
				event, err := o.snapshotOf(ctx, q, id, Cancelled)
				if err != nil {
					return err
				}
				told[i] = string(event)
			}
			ids, err = q.ExpireOrders(ctx, "It was not paid in time.", ids, told)
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
