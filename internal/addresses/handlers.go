package addresses

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListAddresses answers a page of the caller's addresses.
func (a *Addresses) ListAddresses(
	ctx context.Context, r api.ListAddressesRequestObject,
) (api.ListAddressesResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	user := request.From(ctx).Principal.UserID
	total, err := a.queries.CountAddresses(ctx, user)
	if err != nil {
		return nil, err
	}
	rows, err := a.queries.ListAddresses(ctx, user, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListAddresses200JSONResponse{
		Items:  make([]api.Address, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, addressBody(row))
	}
	return body, nil
}

// CreateAddress adds an address.
func (a *Addresses) CreateAddress(
	ctx context.Context, r api.CreateAddressRequestObject,
) (api.CreateAddressResponseObject, error) {
	address, err := a.create(ctx, db.CreateAddressParams{
		UserID:            request.From(ctx).Principal.UserID,
		Recipient:         r.Body.Recipient,
		Line1:             r.Body.Line1,
		Line2:             r.Body.Line2,
		City:              r.Body.City,
		State:             r.Body.State,
		PostalCode:        r.Body.PostalCode,
		Country:           r.Body.Country,
		Phone:             r.Body.Phone,
		IsDefaultShipping: isTrue(r.Body.IsDefaultShipping),
		IsDefaultBilling:  isTrue(r.Body.IsDefaultBilling),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateAddress201JSONResponse(addressBody(address)), nil
}

// GetAddress answers one of the caller's addresses.
func (a *Addresses) GetAddress(
	ctx context.Context, r api.GetAddressRequestObject,
) (api.GetAddressResponseObject, error) {
	address, err := a.queries.GetAddress(ctx, r.ID, request.From(ctx).Principal.UserID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	return api.GetAddress200JSONResponse{Body: addressBody(address)}, err
}

// ReplaceAddress sets all of an address.
func (a *Addresses) ReplaceAddress(
	ctx context.Context, r api.ReplaceAddressRequestObject,
) (api.ReplaceAddressResponseObject, error) {
	b := r.Body
	address, err := a.change(
		ctx,
		request.From(ctx).Principal.UserID,
		r.ID,
		func(to *db.ReplaceAddressParams) {
			to.Recipient, to.Line1, to.Line2, to.City, to.State = b.Recipient, b.Line1, b.Line2, b.City, b.State
			to.PostalCode, to.Country, to.Phone = b.PostalCode, b.Country, b.Phone
			to.IsDefaultShipping, to.IsDefaultBilling = isTrue(b.IsDefaultShipping), isTrue(
				b.IsDefaultBilling,
			)
		},
	)
	if err != nil {
		return nil, err
	}
	return api.ReplaceAddress200JSONResponse(addressBody(address)), nil
}

// UpdateAddress changes the fields that were sent.
func (a *Addresses) UpdateAddress(
	ctx context.Context, r api.UpdateAddressRequestObject,
) (api.UpdateAddressResponseObject, error) {
	b := r.Body
	address, err := a.change(
		ctx,
		request.From(ctx).Principal.UserID,
		r.ID,
		func(to *db.ReplaceAddressParams) {
			mergepatch.Set(&to.Recipient, b.Recipient)
			mergepatch.Set(&to.Line1, b.Line1)
			mergepatch.Set(&to.City, b.City)
			mergepatch.Set(&to.PostalCode, b.PostalCode)
			mergepatch.Set(&to.Country, b.Country)
			mergepatch.Set(&to.IsDefaultShipping, b.IsDefaultShipping)
			mergepatch.Set(&to.IsDefaultBilling, b.IsDefaultBilling)
			mergepatch.Patch(&to.Line2, b.Line2)
			mergepatch.Patch(&to.State, b.State)
			mergepatch.Patch(&to.Phone, b.Phone)
		},
	)
	if err != nil {
		return nil, err
	}
	return api.UpdateAddress200JSONResponse(addressBody(address)), nil
}

// DeleteAddress removes an address.
func (a *Addresses) DeleteAddress(
	ctx context.Context, r api.DeleteAddressRequestObject,
) (api.DeleteAddressResponseObject, error) {
	deleted, err := a.queries.DeleteAddress(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	if deleted == 0 {
		return nil, ErrNotFound
	}
	return api.DeleteAddress204Response{}, nil
}

func addressBody(a db.Address) api.Address {
	return api.Address{
		ID:                a.ID,
		Recipient:         a.Recipient,
		Line1:             a.Line1,
		Line2:             a.Line2,
		City:              a.City,
		State:             a.State,
		PostalCode:        a.PostalCode,
		Country:           a.Country,
		Phone:             a.Phone,
		IsDefaultShipping: a.IsDefaultShipping,
		IsDefaultBilling:  a.IsDefaultBilling,
		CreatedAt:         a.CreatedAt,
		UpdatedAt:         a.UpdatedAt,
	}
}

func isTrue(flag *bool) bool { return flag != nil && *flag }
