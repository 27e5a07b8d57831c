package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// maxMethods is how many payment methods an account may save.
const maxMethods = 20

// method reads a saved method of an account. For another account's method it returns
// ErrMethodNotFound.
func (p *Payments) method(ctx context.Context, id, user int64) (db.PaymentMethod, error) {
	found, err := p.queries.GetPaymentMethod(ctx, id, user)
	return found, postgres.NotFound(err, ErrMethodNotFound)
}

// ListPaymentMethods returns a page of the caller's saved methods.
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

// CreatePaymentMethod has the provider save a payment method for later charges.
func (p *Payments) CreatePaymentMethod(
	ctx context.Context, r api.CreatePaymentMethodRequestObject,
) (api.CreatePaymentMethodResponseObject, error) {
	if err := refuseCardNumbers(&r.Body.Token, r.Body.PaymentType); err != nil {
		return nil, err
	}
	with, err := p.providerNamed(p.providerName())
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
	if err := p.checkPaymentType(ctx, params.PaymentType); err != nil {
		return nil, err
	}
	if count, err := p.queries.CountPaymentMethods(ctx, params.UserID); err != nil {
		return nil, err
	} else if count >= maxMethods {
		return nil, ErrTooManyMethods
	}
	ctx, cancel := p.detached(ctx)
	defer cancel()
	customer, err := p.queries.GetProviderCustomer(ctx, params.UserID, with.Name())
	if err := postgres.NotFound(err, nil); err != nil {
		return nil, err
	}
	saved, err := with.SaveMethod(
		ctx, fmt.Sprintf("user:%d", params.UserID), customer, r.Body.Token,
	)
	if err != nil {
		return nil, saveProblem(err)
	}
	params.ProviderMethodID = saved.ProviderMethodID
	params.ProviderCustomerID = saved.ProviderCustomerID
	params.Brand, params.LastFour = saved.Brand, saved.LastFour
	if saved.ExpMonth != 0 {
		params.ExpMonth, params.ExpYear = new(int32(saved.ExpMonth)), new(int32(saved.ExpYear))
	}
	created, err := p.createMethod(ctx, params)
	if err != nil {
		return nil, err
	}
	return api.CreatePaymentMethod201JSONResponse{Body: methodBody(created)}, nil
}

// saveProblem returns what the client sees when the provider did not save a method.
func saveProblem(err error) error {
	var declined *provider.DeclinedError
	switch {
	case errors.As(err, &declined):
		return ErrDeclined.Detailf("%s", declined.Message)
	case errors.Is(err, provider.ErrCardNumber):
		return ErrCardNumber
	case errors.Is(err, provider.ErrToken):
		return errUnknownToken
	}
	return ErrUnavailable.Because(err)
}

// createMethod stores a method that the provider saved. An account's first method is its default. A
// later one that is to be the default replaces it. If the account has too many methods by now, the
// method is removed at the provider again.
func (p *Payments) createMethod(
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
		case count >= maxMethods:
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
		return created, ErrMethodExists
	case errors.Is(err, ErrTooManyMethods): // other requests were faster
		return created, errors.Join(err, p.removeAtProvider(ctx, provider.SavedMethod{
			ProviderMethodID:   params.ProviderMethodID,
			ProviderCustomerID: params.ProviderCustomerID,
		}))
	}
	return created, err
}

// GetPaymentMethod returns one of the caller's saved methods.
func (p *Payments) GetPaymentMethod(
	ctx context.Context, r api.GetPaymentMethodRequestObject,
) (api.GetPaymentMethodResponseObject, error) {
	found, err := p.method(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetPaymentMethod200JSONResponse{Body: methodBody(found)}, nil
}

// UpdatePaymentMethod makes one of the caller's saved methods the default, or no longer the
// default.
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
		changed, err = q.UpdatePaymentMethod(ctx, *r.Body.IsDefault, r.ID, user)
		return err
	})
	if err != nil {
		return nil, postgres.NotFound(err, ErrMethodNotFound)
	}
	return api.UpdatePaymentMethod200JSONResponse(methodBody(changed)), nil
}

// DeletePaymentMethod removes one of the caller's saved methods: here at once, then at the
// provider. If the provider cannot be reached, Reconcile removes it there later.
func (p *Payments) DeletePaymentMethod(
	ctx context.Context, r api.DeletePaymentMethodRequestObject,
) (api.DeletePaymentMethodResponseObject, error) {
	retired, err := p.queries.DeletePaymentMethod(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrMethodNotFound)
	}
	ctx, cancel := p.detached(ctx)
	defer cancel()
	if err := p.removeMethod(ctx, retired); err != nil {
		p.settings.Log.WarnContext(
			ctx, "payment method is not removed at the provider yet", "payment_method", retired.ID,
			"error", err.Error(),
		)
	}
	return api.DeletePaymentMethod204Response{}, nil
}

// removeMethod removes a deleted method at the provider, and then its row.
func (p *Payments) removeMethod(ctx context.Context, retired db.PaymentMethod) error {
	if _, err := p.providerNamed(retired.Provider); err != nil {
		return err
	}
	if err := p.removeAtProvider(ctx, provider.SavedMethod{
		ProviderMethodID:   retired.ProviderMethodID,
		ProviderCustomerID: retired.ProviderCustomerID,
	}); err != nil {
		return err
	}
	return p.queries.PurgePaymentMethod(ctx, retired.ID)
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
