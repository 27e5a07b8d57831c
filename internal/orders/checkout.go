package orders

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// maxAttempts is how often a checkout starts again because others took its stock. Each time, one of
// them bought something.
const maxAttempts = 5

// placedResponse is the response to a request with an Idempotency-Key: the first one, or its
// replay.
type placedResponse struct{ idempotency.Response }

// VisitCreateOrderResponse implements api.CreateOrderResponseObject.
func (r placedResponse) VisitCreateOrderResponse(w http.ResponseWriter) error { return r.Write(w) }

// checkout is what a customer wants to order.
type checkout struct {
	api.OrderInput
	user          int64
	expectedTotal *int64 // minor units
}

// CreateOrder places an order: of the items in the request, or of the account's cart.
func (o *Orders) CreateOrder(
	ctx context.Context, r api.CreateOrderRequestObject,
) (api.CreateOrderResponseObject, error) {
	in := checkout{user: request.From(ctx).Principal.UserID}
	if r.Body != nil {
		in.OrderInput = *r.Body
	}
	if text := in.ExpectedTotal; text != nil {
		minor, err := o.settings.Currency.Parse(*text)
		if err != nil {
			return nil, problem.Invalid(problem.Field{
				Pointer: "/expected_total",
				Message: "is not an amount in " + string(o.settings.Currency),
			})
		}
		in.expectedTotal = &minor
	}
	call, err := idempotency.NewCall(ctx, r.Params.IdempotencyKey, in.OrderInput)
	if err != nil {
		return nil, err
	}
	names, err := o.checkoutLocks(ctx, in)
	if err != nil {
		return nil, err
	}
	var placed idempotency.Response
	soldOut := false
	if err := o.settings.Bulkhead.Do(ctx, names, func() (err error) {
		for range maxAttempts {
			err = postgres.Tx(ctx, o.pool, func(q *db.Queries) (err error) {
				placed, soldOut, err = o.placeOnce(ctx, q, call, in)
				return err
			})
			if !errors.Is(err, errStockTaken) && !postgres.Violates(err, "orders_number_key") {
				break
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	if soldOut {
		o.stock.Changed(ctx)
	}
	return placedResponse{placed}, nil
}

// checkoutLocks returns the names under which a checkout enters the bulkhead: the account's cart
// and the stock of the products. A cart that changes before the checkout locks it may make one of
// them wrong. Then the checkout waits for the database instead of the bulkhead, which is as right.
func (o *Orders) checkoutLocks(ctx context.Context, in checkout) ([]string, error) {
	names := []string{cart.LockName(in.user)}
	if in.Items == nil {
		if o.settings.Bulkhead.IsQuiet() {
			return names, nil // no request would have to wait, so the statement is saved
		}
		products, err := o.queries.ListCartProducts(ctx, &in.user)
		return append(names, stockNames(products)...), err
	}
	products := make([]int64, len(in.Items))
	for i, item := range in.Items {
		products[i] = item.ProductID
	}
	return append(names, stockNames(products)...), nil
}

// placeOnce places an order unless the call's Idempotency-Key did so before, and stores the
// response for the key. soldOut reports that it took the last unit of something.
//
// Taking the stock is the last statement of the transaction: other checkouts of the same stock wait
// for that statement and the commit alone. The stock that the basket was checked against may have
// been taken by then. placeOnce then returns errStockTaken, and the transaction is to be started
// again.
func (o *Orders) placeOnce(
	ctx context.Context, q *db.Queries, call idempotency.Call, in checkout,
) (placed idempotency.Response, soldOut bool, err error) {
	placed, err = idempotency.Once(
		ctx, q, call,
		func(store func(idempotency.Response) error) (idempotency.Response, error) {
			order, b, err := o.place(ctx, q, in)
			if err != nil {
				return idempotency.Response{}, err
			}
			response, err := idempotency.NewResponse(http.StatusCreated, order)
			if err != nil {
				return response, err
			}
			if err := store(response); err != nil {
				return response, err
			}
			taken, last, err := o.stock.Take(ctx, q, b.tracked(), Reference(order.ID), &in.user)
			if err == nil && !taken {
				err = errStockTaken
			}
			soldOut = last
			return response, err
		},
	)
	return placed, soldOut, err
}

// place writes an order within a transaction, and does all but take the stock. It locks the
// account's cart first, so that checkouts and changes of the cart happen one after the other.
func (o *Orders) place(
	ctx context.Context, q *db.Queries, in checkout,
) (order api.Order, b basket, err error) {
	cart, err := q.LockAccountCart(ctx, &in.user)
	if err != nil {
		return order, b, err
	}
	known, err := q.GetCheckout(ctx, db.GetCheckoutParams{
		UserID:          in.user,
		ShippingID:      in.ShippingAddressID,
		BillingID:       in.BillingAddressID,
		PaymentMethodID: in.PaymentMethodID,
	})
	switch {
	case err != nil:
		return order, b, err
	case o.settings.MaxUnpaid > 0 && known.Unpaid >= o.settings.MaxUnpaid:
		return order, b, ErrTooManyUnpaid
	case !known.CanPay:
		return order, b, errNoMethod
	}
	if in.Items != nil {
		b, err = basketOfItems(ctx, q, in.Items)
	} else {
		b, err = basketOfCart(ctx, q, cart.ID)
	}
	if err != nil {
		return order, b, err
	}
	if err := b.check(); err != nil {
		return order, b, err
	}
	stored, err := o.write(ctx, q, in, known, cart.ID, b)
	if err != nil {
		return order, b, err
	}
	if stored.order.TotalMinor == 0 {
		if stored, err = o.payNothing(ctx, q, stored.order.ID); err != nil {
			return order, b, err
		}
	}
	order, err = o.body(stored)
	return order, b, err
}

// payNothing marks an order that costs nothing as paid: no provider charges nothing, so its
// customer could never pay it.
func (o *Orders) payNothing(ctx context.Context, q *db.Queries, id int64) (stored, error) {
	order, err := q.LockOrder(ctx, id, nil)
	if err != nil {
		return stored{}, err
	}
	if err := o.MarkPaid(ctx, q, order, nil, "It costs nothing."); err != nil {
		return stored{}, err
	}
	return read(ctx, q, id, nil)
}

// write inserts the order with its lines, history and event, and removes what was ordered from the
// cart.
func (o *Orders) write(
	ctx context.Context, q *db.Queries, in checkout, known db.GetCheckoutRow, cart int64, b basket,
) (stored, error) {
	total, err := o.total(b)
	if err != nil {
		return stored{}, err
	}
	if format := o.settings.Currency.Format; in.expectedTotal != nil && *in.expectedTotal != total {
		return stored{}, ErrPriceChanged.Detailf(
			"The total is %s, not %s. Look at the prices and order again.",
			format(total), format(*in.expectedTotal),
		)
	}
	s := stored{
		order: db.Order{
			Number:          newNumber(),
			UserID:          in.user,
			Status:          Pending,
			TotalMinor:      total,
			Note:            in.Note,
			PaymentMethodID: in.PaymentMethodID,
		},
		lines: b.storedLines(),
	}
	if s.order.ShippingAddress, err = addressCopy(
		known.Shipping, in.ShippingAddressID, errNoShippingAddr,
	); err != nil {
		return stored{}, err
	}
	if s.order.BillingAddress, err = addressCopy(
		known.Billing, in.BillingAddressID, errNoBillingAddr,
	); err != nil {
		return stored{}, err
	}
	event, err := o.snapshot(s)
	if err != nil {
		return stored{}, err
	}
	row, err := q.CreateOrder(ctx, db.CreateOrderParams{
		Number:          s.order.Number,
		UserID:          s.order.UserID,
		TotalMinor:      total,
		ShippingAddress: s.order.ShippingAddress,
		BillingAddress:  s.order.BillingAddress,
		Note:            s.order.Note,
		PaymentMethodID: s.order.PaymentMethodID,
		WindowSeconds:   int32(o.settings.PaymentWindow.Seconds()),
		Positions:       indexes(len(b.lines)),
		ProductIds:      column(b.lines, func(l line) int64 { return l.product }),
		VariantIds:      column(b.lines, func(l line) int64 { return l.variant }),
		Names:           column(b.lines, func(l line) string { return l.name }),
		Skus:            column(b.lines, func(l line) string { return l.sku }),
		Options:         column(b.lines, func(l line) string { return string(l.options) }),
		Quantities:      column(b.lines, func(l line) int32 { return l.quantity }),
		UnitMinors:      column(b.lines, func(l line) int64 { return l.unit }),
		Tracked:         column(b.lines, func(l line) bool { return l.isTracked }),
		CartID:          cart,
		CartVariants:    b.cartVariants(),
		Event:           event,
	})
	if err != nil {
		return stored{}, err
	}
	s.order.ID, s.order.Version, s.order.ExpiresAt = row.ID, row.Version, row.ExpiresAt
	s.order.CreatedAt, s.order.UpdatedAt = row.CreatedAt, row.UpdatedAt
	s.history = []storedChange{{To: Pending, At: row.At, ActorID: &in.user}}
	return s, nil
}

// column returns one value of each line, as an array parameter of a statement.
func column[T any](lines []line, value func(line) T) []T {
	values := make([]T, len(lines))
	for i, l := range lines {
		values[i] = value(l)
	}
	return values
}

// indexes returns 0 to n-1.
func indexes(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// addressCopy returns the copy of an address that an order stores. It returns nil if the customer
// chose none and the account has no default one, and missing if the customer chose one that the
// account does not have.
func addressCopy(address []byte, chosen *int64, missing error) ([]byte, error) {
	if len(address) == 0 {
		if chosen != nil {
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
