package payments

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// answer is the answer to a call with an Idempotency-Key, the first or a repetition.
type answer struct{ idempotency.Answer }

// VisitPayOrderResponse implements api.PayOrderResponseObject.
func (a answer) VisitPayOrderResponse(w http.ResponseWriter) error { return a.Write(w) }

// wish is an order somebody wants to pay.
type wish struct {
	order, user int64
	key         []byte // of the Idempotency-Key
	paymentType string
	token       string
	method      *db.PaymentMethod // instead of a token
}

// PayOrder pays one of the caller's orders.
func (p *Payments) PayOrder(
	ctx context.Context, r api.PayOrderRequestObject,
) (api.PayOrderResponseObject, error) {
	if err := refuseCardNumbers(r.Body.Token, r.Body.PaymentType); err != nil {
		return nil, err
	}
	if p.settings.Provider == nil {
		_, err := p.usable("")
		return nil, err
	}
	w := wish{
		order: r.ID,
		user:  request.From(ctx).Principal.UserID,
		key:   requestKey(r.Params.IdempotencyKey),
	}
	if err := p.readWish(ctx, &w, *r.Body); err != nil {
		return nil, err
	}
	known, err := p.once(
		ctx,
		r.Params.IdempotencyKey,
		r.ID,
		*r.Body,
		func(ctx context.Context, lease *idempotency.Lease) (*idempotency.Answer, error) {
			return p.pay(ctx, lease, w)
		},
	)
	if err != nil {
		return nil, err
	}
	if known.Status >= http.StatusBadRequest {
		return nil, refusedAgain(ctx, *known)
	}
	return answer{*known}, nil
}

// once does work that asks the provider, unless a request with its key did, and goes on when the
// client is gone. A problem that work answers says that surely nothing was charged or given back.
func (p *Payments) once(
	ctx context.Context, key *string, order int64, body any,
	work func(context.Context, *idempotency.Lease) (*idempotency.Answer, error),
) (*idempotency.Answer, error) {
	call, err := idempotency.NewCall(ctx, key, order, body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := p.detached(ctx)
	defer cancel()
	lease, known, err := idempotency.Take(ctx, p.queries, call, p.Overdue())
	if err != nil || known != nil {
		return known, err
	}
	if known, err = work(ctx, lease); err != nil {
		return nil, lease.End(ctx, p.queries, err)
	}
	return known, nil
}

// readWish checks what to pay with.
func (p *Payments) readWish(ctx context.Context, w *wish, b api.PayInput) error {
	if b == (api.PayInput{}) {
		chosen, err := p.queries.GetOrderPaymentMethod(ctx, w.order, w.user)
		if errors.Is(err, pgx.ErrNoRows) {
			return orders.ErrNotFound
		}
		if err != nil {
			return err
		}
		b.PaymentMethodID = chosen
	}
	switch {
	case (b.PaymentMethodID == nil) == (b.Token == nil):
		return problem.Invalid(
			problem.Field{
				Pointer: "/token",
				Message: "is needed, or payment_method_id, but not both",
			},
		)
	case b.Token != nil && b.PaymentType == nil:
		return problem.Invalid(
			problem.Field{Pointer: "/payment_type", Message: "is required with a token"},
		)
	case b.Token == nil && b.PaymentType != nil:
		return problem.Invalid(
			problem.Field{
				Pointer: "/payment_type",
				Message: "goes with a token; a saved method has its own",
			},
		)
	case b.Token != nil:
		w.token, w.paymentType = *b.Token, *b.PaymentType
		return p.knowsType(ctx, w.paymentType)
	}
	method, err := p.method(ctx, *b.PaymentMethodID, w.user)
	if err != nil {
		return err
	}
	if method.Provider != p.current() {
		return ErrMethodUnusable
	}
	w.method, w.paymentType = &method, method.PaymentType
	return nil
}

func (p *Payments) knowsType(ctx context.Context, code string) error {
	known, err := p.queries.HasPaymentType(ctx, code)
	if err == nil && !known {
		err = problem.Invalid(
			problem.Field{
				Pointer: "/payment_type",
				Message: "is not a way to pay that the shop offers",
			},
		)
	}
	return err
}

// pay begins a payment, or takes up one that a call with the same key began, and sees it through.
func (p *Payments) pay(
	ctx context.Context, lease *idempotency.Lease, w wish,
) (*idempotency.Answer, error) {
	payment, isNew := db.Payment{}, true
	if lease.Resumed() {
		earlier, err := p.resume(ctx, w)
		if err != nil {
			return nil, err
		}
		if earlier != nil {
			payment, isNew = *earlier, false
		}
	}
	if isNew {
		var err error
		if payment, err = p.begin(ctx, w); err != nil {
			return nil, err
		}
	}
	if payment.Status != pending {
		return p.keep(ctx, lease, payment.ID, nil)
	}
	result, err := p.charge(ctx, w, payment)
	switch {
	case err == nil:
		return p.keep(ctx, lease, payment.ID, &result)
	case errors.Is(err, provider.ErrOutcomeUnknown),
		!isNew: // what was asked before may have happened
		p.settings.Log.WarnContext(
			ctx, "payment outcome unknown", "payment", payment.ID, "order", payment.OrderID,
			"error", err.Error(),
		)
		return p.keep(ctx, lease, payment.ID, nil)
	}
	refusal := p.refusal(w, err)
	if err := p.fail(ctx, payment.ID, refusal.Code, refusal.Detail); err != nil {
		return nil, err
	}
	return nil, refusal
}

// resume finds what a call with the same key began before it was cut off; nil when that surely
// charged nothing. A young payment is charged again under its key, which the provider does once; of
// an old one the provider is asked.
func (p *Payments) resume(ctx context.Context, w wish) (*db.Payment, error) {
	payment, err := p.queries.GetPaymentOfRequest(ctx, w.order, w.user, w.key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if payment.Status == pending && time.Since(payment.AttemptedAt) < provider.FindGrace {
		return &payment, p.queries.AskedAgain(ctx, payment.ID)
	}
	if payment.Status == pending {
		if err := p.findOut(ctx, payment); err != nil {
			return nil, err
		}
		if payment, err = p.queries.GetPayment(ctx, payment.ID); err != nil {
			return nil, err
		}
	}
	if payment.Status == failed && payment.ProviderPaymentID == nil {
		return nil, nil
	}
	return &payment, nil
}

// begin commits that a payment is about to be made.
func (p *Payments) begin(ctx context.Context, w wish) (payment db.Payment, err error) {
	err = p.inTx(ctx, &w.user, func(t tx) error {
		order, err := t.q.LockOrder(ctx, w.order, &w.user)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return orders.ErrNotFound
		case err != nil:
			return err
		case order.Status == orders.Cancelled:
			return ErrNotPayable.Detailf("The order is cancelled.")
		case order.Status != orders.Pending:
			return ErrAlreadyPaid
		case order.TotalMinor == 0:
			return ErrNothingToPay
		}
		if _, err = t.q.GetLivePayment(ctx, order.ID); err == nil {
			return ErrInProgress
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		params := db.BeginPaymentParams{
			OrderID:     order.ID,
			UserID:      w.user,
			AmountMinor: order.TotalMinor,
			Currency:    string(p.settings.Currency),
			Provider:    p.current(),
			PaymentType: w.paymentType,
			AttemptKey:  newKey("pay"),
			RequestKey:  w.key,
		}
		if w.method != nil {
			params.MethodBrand, params.MethodLastFour = &w.method.Brand, &w.method.LastFour
		}
		if payment, err = t.q.BeginPayment(ctx, params); err != nil {
			return err
		}
		return t.q.TouchOrder(ctx, order.ID)
	})
	return payment, err
}

// charge asks the provider for the money.
func (p *Payments) charge(
	ctx context.Context, w wish, payment db.Payment,
) (provider.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	asked := provider.ChargeRequest{
		IdempotencyKey: payment.AttemptKey,
		AmountMinor:    payment.AmountMinor,
		Currency:       p.settings.Currency,
		OrderReference: orders.Reference(payment.OrderID),
		Token:          w.token,
		Description:    orders.Reference(payment.OrderID),
	}
	if w.method != nil {
		asked.SavedMethod = provider.SavedMethod{
			ProviderMethodID:   w.method.ProviderMethodID,
			ProviderCustomerID: w.method.ProviderCustomerID,
		}
	}
	return p.settings.Provider.Charge(ctx, asked)
}

// refusal is what to tell of a charge that the provider did not take up.
func (p *Payments) refusal(w wish, err error) *problem.Error {
	switch {
	case errors.Is(err, provider.ErrCardNumber):
		return ErrCardNumber
	case errors.Is(err, provider.ErrToken) && w.method != nil:
		return ErrMethodUnusable
	case errors.Is(err, provider.ErrToken):
		return problem.Invalid(
			problem.Field{
				Pointer: "/token",
				Message: "is not known to the payment provider, or was used before",
			},
		)
	case errors.Is(err, provider.ErrAmount):
		return ErrAmount
	}
	return ErrUnavailable.Because(err)
}
