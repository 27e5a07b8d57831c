// Package addresses owns the shipping and billing addresses of customers.
package addresses

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// maxAddresses is how many addresses an account may have.
const maxAddresses = 50

// Errors of addresses, as clients see them.
var (
	ErrNotFound = problem.NotFound("address_not_found", "The account has no such address.")
	ErrTooMany  = problem.Conflict(
		"too_many_addresses", "The account has 50 addresses, which is the most. Delete one first.",
	)
)

// Addresses handles the operations on addresses.
type Addresses struct {
	pool    *pgxpool.Pool
	queries *db.Queries
}

// New makes the domain.
func New(pool *pgxpool.Pool) *Addresses { return &Addresses{pool: pool, queries: db.New(pool)} }

// Forget deletes all addresses of an account that is deleted.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.DeleteAddresses(ctx, user)
}

// ListAddresses returns a page of the caller's addresses.
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

// GetAddress returns one of the caller's addresses.
func (a *Addresses) GetAddress(
	ctx context.Context, r api.GetAddressRequestObject,
) (api.GetAddressResponseObject, error) {
	address, err := a.queries.GetAddress(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrNotFound)
	}
	return api.GetAddress200JSONResponse{Body: addressBody(address)}, nil
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
