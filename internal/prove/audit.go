package prove

import (
	"context"
	"fmt"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
)

// audit compares the responses that buyers got with the database.
func (r *run) audit(ctx context.Context) error {
	q := db.New(r.Pool)
	rows, err := q.ListProvedOrders(ctx, r.name+"-")
	if err != nil {
		return err
	}
	byKey := map[string][]db.ListProvedOrdersRow{}
	for _, row := range rows {
		byKey[row.Note] = append(byKey[row.Note], row)
	}
	for number, o := range r.outcomes {
		if o.tried {
			a := plan(r.Seed, number, r.Buyers, len(r.products))
			r.compare(a, o, byKey[fmt.Sprintf("%s %d", r.name, number)])
		}
	}
	sold, err := q.ListProvedProducts(ctx, r.products)
	if err != nil {
		return err
	}
	for _, product := range sold {
		r.report.Sold += product.Sold
		if over := product.Sold - int64(r.Units); over > 0 {
			r.report.Oversold += over
			r.contradict("%s: %d units were sold of %d", product.Name, product.Sold, r.Units)
		}
		if product.Sold+product.Remaining != int64(r.Units) {
			r.contradict(
				"%s: %d sold and %d left do not make %d", product.Name, product.Sold,
				product.Remaining, r.Units,
			)
		}
	}
	if err := r.auditMoney(ctx); err != nil {
		return err
	}
	r.report.Checks, err = r.Check(ctx)
	for _, check := range r.report.Checks {
		for _, finding := range check.Found {
			r.contradict("%s: %s", check.Name, finding)
		}
	}
	return err
}

// compare compares one attempt with the orders of its Idempotency-Key.
func (r *run) compare(a attempt, o outcome, found []db.ListProvedOrdersRow) {
	if len(found) > 1 {
		r.report.Duplicates += len(found) - 1
		r.contradict(
			"attempt %d: its Idempotency-Key made %d orders, %s and %s among them", a.number,
			len(found), found[0].Number, found[1].Number,
		)
	}
	switch {
	case o.order == nil && o.gaveUp:
		r.report.Unknown++
	case o.order == nil && o.noResponse:
		// The copy without a response may have arrived after the other one was refused.
		r.report.Late += len(found)
	case o.order == nil:
		if len(found) > 0 {
			r.contradict(
				"attempt %d: it was refused, and there is order %s", a.number, found[0].Number,
			)
		}
	case len(found) == 0 || found[0].ID != o.order.ID:
		r.report.Lost++
		r.contradict(
			"attempt %d: order %s was acknowledged, and there is none", a.number, o.order.Number,
		)
	case found[0].Units != a.units() || found[0].Number != o.order.Number:
		r.contradict(
			"attempt %d: %d units were asked for by order %s, and it is %s of %d", a.number,
			a.units(), o.order.Number, found[0].Number, found[0].Units,
		)
	case o.cancelled && found[0].Status != orders.Cancelled:
		r.contradict(
			"attempt %d: order %s was cancelled, and it is %s", a.number, o.order.Number,
			found[0].Status,
		)
	}
	if o.order != nil {
		r.report.Acknowledged++
	}
	if o.cancelled {
		r.report.Cancelled++
	}
}
