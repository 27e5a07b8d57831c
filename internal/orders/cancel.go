package orders

import (
	"context"
	"errors"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// CancelOrder cancels one of the caller's orders. A paid order is refunded first; while the refund
// is pending, it responds with 202.
func (o *Orders) CancelOrder(
	ctx context.Context, r api.CancelOrderRequestObject,
) (api.CancelOrderResponseObject, error) {
	user := request.From(ctx).Principal.UserID
	done, err := o.cancel(ctx, r.ID, user)
	if err != nil {
		return nil, err
	}
	found, err := o.read(ctx, r.ID, &user)
	if err != nil {
		return nil, err
	}
	body, err := o.body(found)
	if !done {
		return api.CancelOrder202JSONResponse(body), err
	}
	return api.CancelOrder200JSONResponse(body), err
}

// errNeedsRefund reports that an order is paid: it may be cancelled, but only after a refund.
var errNeedsRefund = errors.New("the order is paid")

// cancel cancels an order for its customer. It returns false while its refund is pending.
func (o *Orders) cancel(ctx context.Context, id, user int64) (done bool, err error) {
	err = o.change(ctx, id, &user, func(s step, order db.Order) error {
		if order.Status == Paid && o.settings.CancelPaid {
			return errNeedsRefund
		}
		return o.move(ctx, s, order, Cancelled, customer)
	})
	if errors.Is(err, errNeedsRefund) {
		return o.payments.Refund(ctx, id, user)
	}
	return err == nil, err
}

// CancelRefunded cancels a paid order in the transaction that records its refund. The order must be
// locked. Call Restocked after the commit.
func (o *Orders) CancelRefunded(
	ctx context.Context, q *db.Queries, order db.Order, actor *int64, note string,
) error {
	return o.move(ctx, step{q, actor, note}, order, Cancelled, refund)
}

// Restocked invalidates cached stock after units came back.
func (o *Orders) Restocked(ctx context.Context) { o.stock.Changed(ctx) }
