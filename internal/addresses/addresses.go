// Package addresses owns where customers have things sent and billed.
package addresses

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// most addresses an account may have.
const most = 50

// Errors clients are told about.
var (
	ErrNotFound = problem.NotFound("address_not_found", "The account has no such address.")
	ErrTooMany  = problem.Conflict(
		"too_many_addresses", "The account has 50 addresses, which is the most. Delete one first.",
	)
)

// Addresses answers the address operations.
type Addresses struct {
	pool    *pgxpool.Pool
	queries *db.Queries
}

// New makes the domain.
func New(pool *pgxpool.Pool) *Addresses { return &Addresses{pool: pool, queries: db.New(pool)} }

// Forget removes all addresses of an account that is deleted.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.DeleteAddresses(ctx, user)
}

// create adds an address. The first is the default for both; another that is a default takes its
// place.
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
		case count >= most:
			return ErrTooMany
		case count == 0:
			address.IsDefaultShipping, address.IsDefaultBilling = true, true
		}
		if err := makeRoom(
			ctx, q, address.UserID, 0, address.IsDefaultShipping, address.IsDefaultBilling,
		); err != nil {
			return err
		}
		created, err = q.CreateAddress(ctx, address)
		return err
	})
	return created, err
}

// change replaces an address by what work makes of it.
func (a *Addresses) change(
	ctx context.Context, user, id int64, work func(*db.ReplaceAddressParams),
) (changed db.Address, err error) {
	err = postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.LockAddresses(ctx, user); err != nil {
			return err
		}
		now, err := q.GetAddress(ctx, id, user)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
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
		if err := makeRoom(
			ctx, q, user, id, next.IsDefaultShipping, next.IsDefaultBilling,
		); err != nil {
			return err
		}
		changed, err = q.ReplaceAddress(ctx, next)
		return err
	})
	return changed, err
}

// makeRoom takes the defaults off all other addresses.
func makeRoom(
	ctx context.Context, q *db.Queries, user, except int64, shipping, billing bool,
) error {
	if !shipping && !billing {
		return nil
	}
	return q.ClearDefaultAddresses(
		ctx,
		db.ClearDefaultAddressesParams{
			UserID:   user,
			ExceptID: except,
			Shipping: shipping,
			Billing:  billing,
		},
	)
}
