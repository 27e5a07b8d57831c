package payments

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// answer is the response to a request with an Idempotency-Key: the first one, or its replay.
type answer struct{ idempotency.Response }

// VisitPayOrderResponse implements api.PayOrderResponseObject.
func (a answer) VisitPayOrderResponse(w http.ResponseWriter) error { return a.Write(w) }

// payInput is what a customer wants to pay, and with what.
type payInput struct {
	order, user int64
	key         []byte // hash of the Idempotency-Key
	paymentType string
	token       string
	method      *db.PaymentMethod // instead of a token
}

// PayOrder charges the provider for one of the caller's orders.
func (p *Payments) PayOrder(
	ctx context.Context, r api.PayOrderRequestObject,
) (api.PayOrderResponseObject, error) {
	if err := refuseCardNumbers(r.Body.Token, r.Body.PaymentType); err != nil {
		return nil, err
	}
	if p.settings.Provider == nil {
		_, err := p.providerNamed("")
		return nil, err
	}
	in := payInput{
		order: r.ID,
		user:  request.From(ctx).Principal.UserID,
		key:   requestKey(ctx, r.Params.IdempotencyKey),
	}
	if err := p.readPayInput(ctx, &in, *r.Body); err != nil {
		return nil, err
	}
	known, err := p.withLease(
		ctx,
		r.Params.IdempotencyKey,
		r.ID,
		*r.Body,
		func(ctx context.Context, lease *idempotency.Lease) (*idempotency.Response, error) {
			return p.pay(ctx, lease, in)
		},
	)
	if err != nil {
		return nil, err
	}
	if known.Status >= http.StatusBadRequest {
		return nil, storedRefusal(ctx, *known)
	}
	return answer{*known}, nil
}

// withLease runs work at most once per Idempotency-Key and returns its response, or the stored
// response of an earlier request. It continues if the client disconnects. If work returns a
// problem, no money moved.
func (p *Payments) withLease(
	ctx context.Context, key *string, order int64, body any,
	work func(context.Context, *idempotency.Lease) (*idempotency.Response, error),
) (*idempotency.Response, error) {
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

// readPayInput sets what to pay with: a token, a saved method, or by default the method that the
// order was placed with.
func (p *Payments) readPayInput(ctx context.Context, in *payInput, b api.PayInput) error {
	if b == (api.PayInput{}) {
		chosen, err := p.queries.GetOrderPaymentMethod(ctx, in.order, in.user)
		if err != nil {
			return postgres.NotFound(err, orders.ErrNotFound)
		}
		b.PaymentMethodID = chosen
	}
	switch {
	case (b.PaymentMethodID == nil) == (b.Token == nil):
		return problem.Invalid(problem.Field{
			Pointer: "/token", Message: "is needed, or payment_method_id, but not both",
		})
	case b.Token != nil && b.PaymentType == nil:
		return problem.Invalid(problem.Field{
			Pointer: "/payment_type", Message: "is required with a token",
		})
	case b.Token == nil && b.PaymentType != nil:
		return problem.Invalid(problem.Field{
			Pointer: "/payment_type", Message: "goes with a token; a saved method has its own",
		})
	case b.Token != nil:
		in.token, in.paymentType = *b.Token, *b.PaymentType
		return p.checkPaymentType(ctx, in.paymentType)
	}
	method, err := p.method(ctx, *b.PaymentMethodID, in.user)
	if err != nil {
		return err
	}
	if method.Provider != p.providerName() {
		return ErrMethodUnusable
	}
	in.method, in.paymentType = &method, method.PaymentType
	return nil
}

// pay begins a payment, charges the provider and stores the outcome. If an earlier request with the
// same key began a payment and was cut off, pay continues that one.
func (p *Payments) pay(
	ctx context.Context, lease *idempotency.Lease, in payInput,
) (*idempotency.Response, error) {
	payment, isNew := db.Payment{}, true
	if lease.Resumed() {
		earlier, err := p.resume(ctx, in)
		if err != nil {
			return nil, err
		}
		if earlier != nil {
			payment, isNew = *earlier, false
		}
	}
	if isNew {
		var err error
		if payment, err = p.begin(ctx, in); err != nil {
			return nil, err
		}
	}
	if payment.Status != pending {
		return p.settleAndStore(ctx, lease, payment.ID, nil)
	}
	result, err := p.charge(ctx, in, payment)
	switch {
	case err == nil:
		return p.settleAndStore(ctx, lease, payment.ID, &result)
	case errors.Is(err, provider.ErrOutcomeUnknown),
		!isNew: // the earlier request may have charged
		p.settings.Log.WarnContext(
			ctx, "payment outcome unknown", "payment", payment.ID, "order", payment.OrderID,
			"error", err.Error(),
		)
		return p.settleAndStore(ctx, lease, payment.ID, nil)
	}
	refusal := chargeProblem(in, err)
	if err := p.fail(ctx, payment.ID, refusal.Code, refusal.Detail); err != nil {
		return nil, err
	}
	return nil, refusal
}

// resume finds the payment that an earlier request with the same key began before it was cut off.
// It returns nil if that request surely charged nothing. A payment younger than FindGrace is
// charged again under its own key, which the provider does only once. For an older one the provider
// is asked how it ended.
func (p *Payments) resume(ctx context.Context, in payInput) (*db.Payment, error) {
	payment, err := p.queries.GetPaymentOfRequest(ctx, in.order, in.user, in.key)
	if err != nil {
		return nil, postgres.NotFound(err, nil)
	}
	if payment.Status == pending && time.Since(payment.AttemptedAt) < provider.FindGrace {
		return &payment, p.queries.MarkPaymentAsked(ctx, payment.ID)
	}
	if payment.Status == pending {
		if err := p.reconcilePayment(ctx, payment); err != nil {
			return nil, err
		}
		if payment, err = p.queries.GetPaymentRow(ctx, payment.ID); err != nil {
			return nil, err
		}
	}
	if payment.Status == failed && payment.ProviderPaymentID == nil {
		return nil, nil
	}
	return &payment, nil
}

// begin commits a pending payment of the order, before the provider is charged.
func (p *Payments) begin(ctx context.Context, in payInput) (payment db.Payment, err error) {
	err = p.inOrderTx(ctx, &in.user, in.order, false, func(t tx) error {
		order, err := t.q.LockOrder(ctx, in.order, &in.user)
		switch {
		case err != nil:
			return postgres.NotFound(err, orders.ErrNotFound)
		case order.Status == orders.Cancelled:
			return ErrNotPayable.Detailf("The order is cancelled.")
		case order.Status != orders.Pending:
			return ErrAlreadyPaid
		case order.TotalMinor == 0:
			return ErrNothingToPay
		}
		live, err := t.q.GetLivePayment(ctx, order.ID)
		if err := postgres.NotFound(err, nil); err != nil {
			return err
		} else if live.ID != 0 {
			return ErrInProgress
		}
		params := db.BeginPaymentParams{
			OrderID:     order.ID,
			UserID:      in.user,
			AmountMinor: order.TotalMinor,
			Currency:    string(p.settings.Currency),
			Provider:    p.providerName(),
			PaymentType: in.paymentType,
			AttemptKey:  newKey("pay"),
			RequestKey:  in.key,
		}
		if in.method != nil {
			params.MethodBrand, params.MethodLastFour = &in.method.Brand, &in.method.LastFour
		}
		if payment, err = t.q.BeginPayment(ctx, params); err != nil {
			return err
		}
		return t.q.TouchOrder(ctx, order.ID)
	})
	return payment, err
}

// charge asks the provider to charge a pending payment.
func (p *Payments) charge(
	ctx context.Context, in payInput, payment db.Payment,
) (provider.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	charge := provider.ChargeRequest{
		IdempotencyKey: payment.AttemptKey,
		AmountMinor:    payment.AmountMinor,
		Currency:       p.settings.Currency,
		OrderReference: orders.Reference(payment.OrderID),
		Token:          in.token,
		Description:    orders.Reference(payment.OrderID),
	}
	if in.method != nil {
		charge.SavedMethod = provider.SavedMethod{
			ProviderMethodID:   in.method.ProviderMethodID,
			ProviderCustomerID: in.method.ProviderCustomerID,
		}
	}
	return p.settings.Provider.Charge(ctx, charge)
}

// chargeProblem returns what the client sees when the provider surely did not charge.
func chargeProblem(in payInput, err error) *problem.Error {
	switch {
	case errors.Is(err, provider.ErrCardNumber):
		return ErrCardNumber
	case errors.Is(err, provider.ErrToken) && in.method != nil:
		return ErrMethodUnusable
	case errors.Is(err, provider.ErrToken):
		return errUnknownToken
	case errors.Is(err, provider.ErrAmount):
		return ErrAmount
	}
	return ErrUnavailable.Because(err)
}
