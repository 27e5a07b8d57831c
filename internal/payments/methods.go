package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// mostMethods an account may have.
const mostMethods = 20

// method reads a saved method of an account: another account's is not there.
func (p *Payments) method(ctx context.Context, id, user int64) (db.PaymentMethod, error) {
	found, err := p.queries.GetPaymentMethod(ctx, id, user)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrMethodNotFound
	}
	return found, err
}

// ListPaymentMethods answers a page of the caller's saved methods.
func (p *Payments) ListPaymentMethods(
	ctx context.Context, r api.ListPaymentMethodsRequestObject,
) (api.ListPaymentMethodsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	user := request.From(ctx).Principal.UserID
	total, err := p.queries.CountPaymentMethods(ctx, user)
	if err != nil {
		return nil, err
	}
	rows, err := p.queries.ListPaymentMethods(ctx, user, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListPaymentMethods200JSONResponse{
		Items:  make([]api.PaymentMethod, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, methodBody(row))
	}
	return body, nil
}

// CreatePaymentMethod has the provider keep a payment method.
func (p *Payments) CreatePaymentMethod(
	ctx context.Context, r api.CreatePaymentMethodRequestObject,
) (api.CreatePaymentMethodResponseObject, error) {
	if err := refuseCardNumbers(&r.Body.Token, r.Body.PaymentType); err != nil {
		return nil, err
	}
	with, err := p.usable(p.current())
	if err != nil {
		return nil, err
	}
	params := db.CreatePaymentMethodParams{
		UserID:      request.From(ctx).Principal.UserID,
		Provider:    with.Name(),
		PaymentType: "card",
		IsDefault:   r.Body.IsDefault != nil && *r.Body.IsDefault,
	}
	if r.Body.PaymentType != nil {
		params.PaymentType = *r.Body.PaymentType
	}
	if err := p.knowsType(ctx, params.PaymentType); err != nil {
		return nil, err
	}
	if count, err := p.queries.CountPaymentMethods(ctx, params.UserID); err != nil ||
		count >= mostMethods {
		return nil, errors.Join(err, onlyIf(count >= mostMethods, ErrTooManyMethods))
	}
	ctx, cancel := p.detached(ctx)
	defer cancel()
	customer, err := p.queries.GetProviderCustomer(ctx, params.UserID, with.Name())
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	saved, err := with.SaveMethod(
		ctx, fmt.Sprintf("user:%d", params.UserID), customer, r.Body.Token,
	)
	if err != nil {
		return nil, notSaved(err)
	}
	params.ProviderMethodID, params.ProviderCustomerID, params.Brand, params.LastFour = saved.ProviderMethodID, saved.ProviderCustomerID, saved.Brand, saved.LastFour
	if saved.ExpMonth != 0 {
		params.ExpMonth, params.ExpYear = new(int32(saved.ExpMonth)), new(int32(saved.ExpYear))
	}
	created, err := p.save(ctx, params)
	if err != nil {
		return nil, err
	}
	return api.CreatePaymentMethod201JSONResponse{Body: methodBody(created)}, nil
}

// notSaved is what to tell of a method that the provider did not keep.
func notSaved(err error) error {
	var declined *provider.DeclinedError
	switch {
	case errors.As(err, &declined):
		return ErrDeclined.Detailf("%s", declined.Message)
	case errors.Is(err, provider.ErrCardNumber):
		return ErrCardNumber
	case errors.Is(err, provider.ErrToken):
		return problem.Invalid(
			problem.Field{
				Pointer: "/token",
				Message: "is not known to the payment provider, or was used before",
			},
		)
	}
	return ErrUnavailable.Because(err)
}

// save writes a method that the provider keeps. The first is the default; another that is takes its
// place.
func (p *Payments) save(
	ctx context.Context, params db.CreatePaymentMethodParams,
) (created db.PaymentMethod, err error) {
	err = postgres.Tx(ctx, p.pool, func(q *db.Queries) error {
		if err := q.LockPaymentMethods(ctx, params.UserID); err != nil {
			return err
		}
		count, err := q.CountPaymentMethods(ctx, params.UserID)
		switch {
		case err != nil:
			return err
		case count >= mostMethods:
			return ErrTooManyMethods
		case count == 0:
			params.IsDefault = true
		}
		if params.IsDefault {
			if err := q.ClearDefaultPaymentMethods(ctx, params.UserID, 0); err != nil {
				return err
			}
		}
		created, err = q.CreatePaymentMethod(ctx, params)
		return err
	})
	switch {
	case postgres.Violates(err, "payment_methods_provider_key"):
		return created, ErrMethodKnown
	case errors.Is(err, ErrTooManyMethods): // others were faster; nobody must find it at the provider
		return created, errors.Join(
			err,
			p.removeAtProvider(
				ctx,
				provider.SavedMethod{
					ProviderMethodID:   params.ProviderMethodID,
					ProviderCustomerID: params.ProviderCustomerID,
				},
			),
		)
	}
	return created, err
}

// GetPaymentMethod answers one of the caller's saved methods.
func (p *Payments) GetPaymentMethod(
	ctx context.Context, r api.GetPaymentMethodRequestObject,
) (api.GetPaymentMethodResponseObject, error) {
	found, err := p.method(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetPaymentMethod200JSONResponse{Body: methodBody(found)}, nil
}

// UpdatePaymentMethod makes one of the caller's saved methods the default, or not.
func (p *Payments) UpdatePaymentMethod(
	ctx context.Context, r api.UpdatePaymentMethodRequestObject,
) (api.UpdatePaymentMethodResponseObject, error) {
	user := request.From(ctx).Principal.UserID
	var changed db.PaymentMethod
	err := postgres.Tx(ctx, p.pool, func(q *db.Queries) error {
		if err := q.LockPaymentMethods(ctx, user); err != nil {
			return err
		}
		if _, err := q.GetPaymentMethod(ctx, r.ID, user); err != nil {
			return err
		}
		if *r.Body.IsDefault {
			if err := q.ClearDefaultPaymentMethods(ctx, user, r.ID); err != nil {
				return err
			}
		}
		var err error
		changed, err = q.SetDefaultPaymentMethod(ctx, *r.Body.IsDefault, r.ID, user)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrMethodNotFound
	}
	if err != nil {
		return nil, err
	}
	return api.UpdatePaymentMethod200JSONResponse(methodBody(changed)), nil
}

// DeletePaymentMethod takes one of the caller's saved methods away, here at once and at the
// provider too.
func (p *Payments) DeletePaymentMethod(
	ctx context.Context, r api.DeletePaymentMethodRequestObject,
) (api.DeletePaymentMethodResponseObject, error) {
	retired, err := p.queries.RetirePaymentMethod(ctx, r.ID, request.From(ctx).Principal.UserID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrMethodNotFound
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := p.detached(ctx)
	defer cancel()
	if err := p.remove(ctx, retired); err != nil { // Reconcile tries again
		p.settings.Log.WarnContext(
			ctx, "payment method is not removed at the provider yet", "payment_method", retired.ID,
			"error", err.Error(),
		)
	}
	return api.DeletePaymentMethod204Response{}, nil
}

// remove removes a method at the provider, and then here.
func (p *Payments) remove(ctx context.Context, retired db.PaymentMethod) error {
	if _, err := p.usable(retired.Provider); err != nil {
		return err
	}
	if err := p.removeAtProvider(
		ctx,
		provider.SavedMethod{
			ProviderMethodID:   retired.ProviderMethodID,
			ProviderCustomerID: retired.ProviderCustomerID,
		},
	); err != nil {
		return err
	}
	return p.queries.DeletePaymentMethod(ctx, retired.ID)
}

func (p *Payments) removeAtProvider(ctx context.Context, saved provider.SavedMethod) error {
	ctx, cancel := context.WithTimeout(ctx, p.providerTimeout())
	defer cancel()
	return p.settings.Provider.RemoveMethod(ctx, saved)
}

func methodBody(m db.PaymentMethod) api.PaymentMethod {
	return api.PaymentMethod{
		ID:          m.ID,
		PaymentType: m.PaymentType,
		Brand:       m.Brand,
		LastFour:    m.LastFour,
		ExpMonth:    m.ExpMonth,
		ExpYear:     m.ExpYear,
		IsDefault:   m.IsDefault,
		CreatedAt:   m.CreatedAt.UTC(),
	}
}
