package addresses

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/phone"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// CreateAddress adds an address.
func (a *Addresses) CreateAddress(
	ctx context.Context, r api.CreateAddressRequestObject,
) (api.CreateAddressResponseObject, error) {
	if err := check(r.Body.Country, r.Body.PostalCode); err != nil {
		return nil, err
	}
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
		PhoneE164:         phone.E164(r.Body.Phone, r.Body.Country),
		IsDefaultShipping: optional.Value(r.Body.IsDefaultShipping),
		IsDefaultBilling:  optional.Value(r.Body.IsDefaultBilling),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateAddress201JSONResponse(addressBody(address)), nil
}

// create adds an address. The first one is the default for shipping and billing. Later ones replace
// the default if they say so.
func (a *Addresses) create(
	ctx context.Context, address db.CreateAddressParams,
) (created db.Address, err error) {
	err = postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.LockAddresses(ctx, address.UserID); err != nil {
			return err
		}
		count, err := q.CountAddresses(ctx, address.UserID)
		switch {
		case err != nil:
			return err
		case count >= maxAddresses:
			return ErrTooMany
		case count == 0:
			address.IsDefaultShipping, address.IsDefaultBilling = true, true
		}
		if err := clearDefaults(
			ctx, q, address.UserID, 0, address.IsDefaultShipping, address.IsDefaultBilling,
		); err != nil {
			return err
		}
		created, err = q.CreateAddress(ctx, address)
		return err
	})
	return created, err
}

// ReplaceAddress sets all of an address.
func (a *Addresses) ReplaceAddress(
	ctx context.Context, r api.ReplaceAddressRequestObject,
) (api.ReplaceAddressResponseObject, error) {
	user := request.From(ctx).Principal.UserID
	address, err := a.change(ctx, user, r.ID, func(to *db.ReplaceAddressParams) {
		to.Recipient = r.Body.Recipient
		to.Line1 = r.Body.Line1
		to.Line2 = r.Body.Line2
		to.City = r.Body.City
		to.State = r.Body.State
		to.PostalCode = r.Body.PostalCode
		to.Country = r.Body.Country
		to.Phone = r.Body.Phone
		to.IsDefaultShipping = optional.Value(r.Body.IsDefaultShipping)
		to.IsDefaultBilling = optional.Value(r.Body.IsDefaultBilling)
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceAddress200JSONResponse(addressBody(address)), nil
}

// UpdateAddress changes the fields that were sent.
func (a *Addresses) UpdateAddress(
	ctx context.Context, r api.UpdateAddressRequestObject,
) (api.UpdateAddressResponseObject, error) {
	b, user := r.Body, request.From(ctx).Principal.UserID
	address, err := a.change(ctx, user, r.ID, func(to *db.ReplaceAddressParams) {
		mergepatch.Set(&to.Recipient, b.Recipient)
		mergepatch.Set(&to.Line1, b.Line1)
		mergepatch.Set(&to.City, b.City)
		mergepatch.Patch(&to.PostalCode, b.PostalCode)
		mergepatch.Set(&to.Country, b.Country)
		mergepatch.Set(&to.IsDefaultShipping, b.IsDefaultShipping)
		mergepatch.Set(&to.IsDefaultBilling, b.IsDefaultBilling)
		mergepatch.Patch(&to.Line2, b.Line2)
		mergepatch.Patch(&to.State, b.State)
		mergepatch.Patch(&to.Phone, b.Phone)
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateAddress200JSONResponse(addressBody(address)), nil
}

// change locks an address, lets work change its fields, and stores it.
func (a *Addresses) change(
	ctx context.Context, user, id int64, work func(*db.ReplaceAddressParams),
) (changed db.Address, err error) {
	err = postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.LockAddresses(ctx, user); err != nil {
			return err
		}
		now, err := q.GetAddress(ctx, id, user)
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		next := db.ReplaceAddressParams{
			ID:                id,
			UserID:            user,
			Recipient:         now.Recipient,
			Line1:             now.Line1,
			Line2:             now.Line2,
			City:              now.City,
			State:             now.State,
			PostalCode:        now.PostalCode,
			Country:           now.Country,
			Phone:             now.Phone,
			IsDefaultShipping: now.IsDefaultShipping,
			IsDefaultBilling:  now.IsDefaultBilling,
		}
		work(&next)
		if err := check(next.Country, next.PostalCode); err != nil {
			return err
		}
		next.PhoneE164 = phone.E164(next.Phone, next.Country)
		if err := clearDefaults(
			ctx, q, user, id, next.IsDefaultShipping, next.IsDefaultBilling,
		); err != nil {
			return err
		}
		changed, err = q.ReplaceAddress(ctx, next)
		return err
	})
	return changed, err
}

// clearDefaults clears the default flags of all other addresses, so that there is one default.
func clearDefaults(
	ctx context.Context, q *db.Queries, user, except int64, shipping, billing bool,
) error {
	if !shipping && !billing {
		return nil
	}
	return q.ClearDefaultAddresses(ctx, db.ClearDefaultAddressesParams{
		UserID:   user,
		ExceptID: except,
		Shipping: shipping,
		Billing:  billing,
	})
}
