package orders

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// SetOrderStatus gives an order another status, as the table in status.go allows staff.
func (o *Orders) SetOrderStatus(
	ctx context.Context, r api.SetOrderStatusRequestObject,
) (api.SetOrderStatusResponseObject, error) {
	err := o.change(ctx, r.ID, nil, func(s step, order db.Order) error {
		if err := version.Check(r.Params.IfMatch, order.Version); err != nil {
			return err
		}
		s.actor = request.Actor(ctx)
		if r.Body.Note != nil {
			s.note = *r.Body.Note
		}
		return o.move(ctx, s, order, string(r.Body.Status), staff)
	})
	if err != nil {
		return nil, err
	}
	body, tag, err := o.adminOrder(ctx, r.ID)
	return api.SetOrderStatus200JSONResponse{
		Body:    body,
		Headers: api.SetOrderStatus200ResponseHeaders{ETag: tag},
	}, err
}

// change runs work on a locked order in a transaction; only on an order of this account unless user
// is nil. Afterwards it invalidates cached stock.
func (o *Orders) change(
	ctx context.Context, id int64, user *int64, work func(step, db.Order) error,
) error {
	names, err := o.LockNames(ctx, id, true)
	if err != nil {
		return err
	}
	err = o.settings.Bulkhead.Do(ctx, names, func() error {
		return postgres.Tx(ctx, o.pool, func(q *db.Queries) error {
			order, err := q.LockOrder(ctx, id, user)
			if err != nil {
				return postgres.NotFound(err, ErrNotFound)
			}
			return work(step{q: q, actor: user}, order)
		})
	})
	if err == nil {
		o.stock.Changed(ctx)
	}
	return err
}

// Note adds an entry to the history of a locked order.
func Note(ctx context.Context, q *db.Queries, order int64, actor *int64, note string) error {
	return q.NoteOrder(ctx, actor, note, order)
}
