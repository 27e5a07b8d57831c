package orders

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// placeAttempts is how often a checkout begins anew that others outran. Each time one of them
// bought something.
const placeAttempts = 5

// answer is the answer to a call with an Idempotency-Key, the first or a repetition.
type answer struct{ idempotency.Answer }

// VisitCreateOrderResponse implements api.CreateOrderResponseObject.
func (a answer) VisitCreateOrderResponse(w http.ResponseWriter) error { return a.Write(w) }

// CreateOrder places an order.
func (o *Orders) CreateOrder(
	ctx context.Context, r api.CreateOrderRequestObject,
) (api.CreateOrderResponseObject, error) {
	wanted := checkout{user: request.From(ctx).Principal.UserID}
	if r.Body != nil {
		wanted.OrderInput = *r.Body
	}
	if text := wanted.ExpectedTotal; text != nil {
		minor, err := o.settings.Currency.Parse(*text)
		if err != nil {
			return nil, problem.Invalid(
				problem.Field{
					Pointer: "/expected_total",
					Message: "is not an amount in " + string(o.settings.Currency),
				},
			)
		}
		wanted.expected = &minor
	}
	call, err := idempotency.NewCall(ctx, r.Params.IdempotencyKey, wanted.OrderInput)
	if err != nil {
		return nil, err
	}
	var a answer
	var emptied bool
	for range placeAttempts {
		err = postgres.Tx(ctx, o.pool, func(q *db.Queries) (err error) {
			a.Answer, err = idempotency.Once(
				ctx,
				q,
				call,
				func(keep func(idempotency.Answer) error) (idempotency.Answer, error) {
					return o.place(ctx, q, wanted, keep, &emptied)
				},
			)
			return err
		})
		if !errors.Is(err, errOutrun) && !postgres.Violates(err, "orders_number_key") {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if emptied {
		o.stock.Changed(ctx)
	}
	return a, nil
}

// checkout is what somebody wants to order.
type checkout struct {
	api.OrderInput
	user     int64
	expected *int64 // minor units
}

// place places an order within a transaction. The account's cart is locked first, so checkouts and
// changes of the cart happen one after the other. All is written before the stock is taken: that is
// the last statement, and whoever waits for the same stock waits for the commit alone. What the
// stock is checked against before may have changed by then: the transaction then comes to nothing
// and begins anew. emptied is set when the last unit of something went.
func (o *Orders) place(
	ctx context.Context, q *db.Queries, wanted checkout, keep func(idempotency.Answer) error,
	emptied *bool,
) (idempotency.Answer, error) {
	none := idempotency.Answer{}
	cart, err := q.LockAccountCart(ctx, &wanted.user)
	if err != nil {
		return none, err
	}
	known, err := q.GetCheckout(ctx, db.GetCheckoutParams{
		UserID:          wanted.user,
		ShippingID:      wanted.ShippingAddressID,
		BillingID:       wanted.BillingAddressID,
		PaymentMethodID: wanted.PaymentMethodID,
	})
	if err != nil {
		return none, err
	}
	if o.settings.MaxUnpaid > 0 && known.Unpaid >= o.settings.MaxUnpaid {
		return none, ErrTooManyUnpaid
	}
	if !known.CanPay {
		return none, errNoMethod
	}
	var b basket
	if wanted.Items != nil {
		b, err = ofItems(ctx, q, wanted.Items)
	} else {
		b, err = ofCart(ctx, q, cart.ID)
	}
	if err != nil {
		return none, err
	}
	if err := b.check(); err != nil {
		return none, err
	}
	order, err := o.write(ctx, q, wanted, known, cart.ID, b)
	if err != nil {
		return none, err
	}
	if order.Total == o.settings.Currency.Format(0) {
		if order, err = o.payNothing(ctx, q, order.ID); err != nil {
			return none, err
		}
	}
	answer, err := idempotency.NewAnswer(http.StatusCreated, order)
	if err != nil {
		return none, err
	}
	if err := keep(answer); err != nil {
		return none, err
	}
	taken, last, err := o.stock.Take(ctx, q, b.tracked(), Reference(order.ID), &wanted.user)
	if err == nil && !taken {
		err = errOutrun
	}
	*emptied = last
	return answer, err
}

// payNothing makes an order that costs nothing paid at once: no provider charges nothing, and
// nobody could ever pay it.
func (o *Orders) payNothing(ctx context.Context, q *db.Queries, id int64) (api.Order, error) {
	order, err := q.LockOrder(ctx, id, nil)
	if err != nil {
		return api.Order{}, err
	}
	if err := o.MarkPaid(ctx, q, order, nil, "It costs nothing."); err != nil {
		return api.Order{}, err
	}
	found, err := read(ctx, q, id, nil)
	if err != nil {
		return api.Order{}, err
	}
	return o.body(found)
}

// write writes the order and answers it as it will be.
func (o *Orders) write(
	ctx context.Context, q *db.Queries, wanted checkout, known db.GetCheckoutRow, cart int64,
	b basket,
) (api.Order, error) {
	total, err := o.total(b)
	if err != nil {
		return api.Order{}, err
	}
	if format := o.settings.Currency.Format; wanted.expected != nil && *wanted.expected != total {
		return api.Order{}, ErrPriceChanged.Detailf(
			"The total is %s, not %s. Look at the prices and order again.", format(total),
			format(*wanted.expected),
		)
	}
	order := db.Order{
		Number:          newNumber(),
		UserID:          wanted.user,
		Status:          Pending,
		TotalMinor:      total,
		Note:            wanted.Note,
		PaymentMethodID: wanted.PaymentMethodID,
	}
	if order.ShippingAddress, err = kept(
		known.Shipping, wanted.ShippingAddressID, errNoShippingAddr,
	); err != nil {
		return api.Order{}, err
	}
	if order.BillingAddress, err = kept(
		known.Billing, wanted.BillingAddressID, errNoBillingAddr,
	); err != nil {
		return api.Order{}, err
	}
	params := db.PlaceOrderParams{
		Number:          order.Number,
		UserID:          order.UserID,
		TotalMinor:      total,
		ShippingAddress: order.ShippingAddress,
		BillingAddress:  order.BillingAddress,
		Note:            order.Note,
		PaymentMethodID: order.PaymentMethodID,
		WindowSeconds:   int32(o.settings.PaymentWindow.Seconds()),
		CartID:          cart,
		CartVariants:    []int64{},
	}
	lines := make([]storedLine, 0, len(b.lines))
	for i, l := range b.lines {
		params.Positions, params.ProductIds, params.VariantIds = append(
			params.Positions, int32(i),
		), append(params.ProductIds, l.product), append(params.VariantIds, l.variant)
		params.Names, params.Skus, params.Options = append(params.Names, l.name), append(
			params.Skus, l.sku,
		), append(params.Options, string(l.options))
		params.Quantities, params.UnitMinors = append(params.Quantities, l.quantity), append(
			params.UnitMinors, l.unit,
		)
		params.Tracked = append(params.Tracked, l.tracked)
		if b.fromCart {
			params.CartVariants = append(params.CartVariants, l.variant)
		}
		lines = append(lines, storedLine{
			ProductID:  l.product,
			VariantID:  l.variant,
			Name:       l.name,
			SKU:        l.sku,
			Options:    l.options,
			Quantity:   l.quantity,
			UnitMinor:  l.unit,
			TotalMinor: l.unit * int64(l.quantity),
		})
	}
	if params.Event, err = o.snapshot(stored{order: order, lines: lines}); err != nil {
		return api.Order{}, err
	}
	row, err := q.PlaceOrder(ctx, params)
	if err != nil {
		return api.Order{}, err
	}
	order.ID, order.Version, order.CreatedAt, order.UpdatedAt, order.ExpiresAt = row.ID, row.Version, row.CreatedAt, row.UpdatedAt, row.ExpiresAt
	return o.body(
		stored{
			order:   order,
			lines:   lines,
			history: []storedChange{{To: Pending, At: row.At, ActorID: &wanted.user}},
		},
	)
}

// kept is what an order keeps of an address; nil when the account has no default one. One that was
// named must be there.
func kept(address []byte, named *int64, missing error) ([]byte, error) {
	if len(address) == 0 {
		if named != nil {
			return nil, missing
		}
		return nil, nil
	}
	var read api.OrderAddress
	if err := json.Unmarshal(address, &read); err != nil {
		return nil, err
	}
	return json.Marshal(read)
}
