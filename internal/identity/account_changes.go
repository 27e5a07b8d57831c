package identity

import (
	"context"
	"slices"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

const administrator = "administrator"

// changeAccount runs a change of an account that may take an administrator away. Such changes wait
// for one another, so that the last two administrators cannot disappear at the same time.
func (i *Identity) changeAccount(
	ctx context.Context, id int64,
	work func(q *db.Queries, user db.User, isLastAdmin bool) (db.User, error),
) (db.User, error) {
	var changed db.User
	err := postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if err := q.LockAdministrators(ctx); err != nil {
			return err
		}
		administrators, err := q.ListAdministrators(ctx)
		if err != nil {
			return err
		}
		user, err := q.LockUser(ctx, id)
		if err != nil {
			return postgres.NotFound(err, ErrNoCustomer)
		}
		changed, err = work(
			q, user, len(administrators) == 1 && slices.Contains(administrators, id),
		)
		return err
	})
	return changed, err
}

// SetCustomerStatus activates or deactivates an account.
func (i *Identity) SetCustomerStatus(
	ctx context.Context, r api.SetCustomerStatusRequestObject,
) (api.SetCustomerStatusResponseObject, error) {
	user, err := i.setStatus(ctx, r.ID, r.Body.IsActive)
	if err != nil {
		return nil, err
	}
	body, err := i.customer(ctx, user)
	return api.SetCustomerStatus200JSONResponse(body), err
}

// setStatus activates or deactivates an account. Deactivating ends its sessions. The last
// administrator cannot be deactivated.
func (i *Identity) setStatus(ctx context.Context, id int64, active bool) (db.User, error) {
	return i.changeAccount(ctx, id, func(
		q *db.Queries, user db.User, isLastAdmin bool,
	) (db.User, error) {
		switch {
		case user.IsActive == active:
			return user, nil
		case isLastAdmin:
			return user, ErrLastAdmin
		}
		return storeStatus(ctx, q, user, active)
	})
}

// storeStatus activates or deactivates a locked account, and adds it to the audit log.
func storeStatus(
	ctx context.Context, q *db.Queries, user db.User, active bool,
) (db.User, error) {
	name := "account.activated"
	if !active {
		name = "account.deactivated"
		if err := q.TerminateSessions(ctx, new("account_deactivated"), user.ID, 0); err != nil {
			return user, err
		}
	}
	change := event{
		name:   name,
		target: user.ID,
		before: map[string]any{"is_active": user.IsActive},
		after:  map[string]any{"is_active": active},
	}
	if err := record(ctx, q, change); err != nil {
		return user, err
	}
	return q.SetCustomerStatus(ctx, active, user.ID)
}

// SetCustomerRole gives an account a role.
func (i *Identity) SetCustomerRole(
	ctx context.Context, r api.SetCustomerRoleRequestObject,
) (api.SetCustomerRoleResponseObject, error) {
	user, err := i.setRole(ctx, r.ID, string(r.Body.Role))
	if err != nil {
		return nil, err
	}
	body, err := i.customer(ctx, user)
	return api.SetCustomerRole200JSONResponse(body), err
}

// setRole gives an account a role. It takes effect with the next call of each of its sessions.
func (i *Identity) setRole(ctx context.Context, id int64, role string) (db.User, error) {
	return i.changeAccount(ctx, id, func(
		q *db.Queries, user db.User, isLastAdmin bool,
	) (db.User, error) {
		switch {
		case user.Role == role:
			return user, nil
		case isLastAdmin:
			return user, ErrLastAdmin
		}
		change := event{
			name:   "account.role_changed",
			target: id,
			before: map[string]any{"role": user.Role},
			after:  map[string]any{"role": role},
		}
		if err := record(ctx, q, change); err != nil {
			return user, err
		}
		return q.SetCustomerRole(ctx, role, id)
	})
}

// Promote makes an account an administrator, by e-mail address or user name. It is how a shop gets
// its first one.
func (i *Identity) Promote(ctx context.Context, login string) (db.User, error) {
	user, err := i.queries.GetUserByLogin(ctx, normalLogin(login))
	if err != nil {
		return user, postgres.NotFound(err, ErrNoCustomer)
	}
	return i.setRole(ctx, user.ID, administrator)
}

// Deactivate deactivates an account and ends its sessions, by e-mail address or user name.
func (i *Identity) Deactivate(ctx context.Context, login string) error {
	user, err := i.queries.GetUserByLogin(ctx, normalLogin(login))
	if err != nil {
		return postgres.NotFound(err, ErrNoCustomer)
	}
	_, err = i.setStatus(ctx, user.ID, false)
	return err
}
