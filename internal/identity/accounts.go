package identity

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

const administrator = "administrator"

// change runs a change of an account that may take an administrator away. Such changes wait for one
// another, so that the last two administrators cannot both go at once.
func (i *Identity) change(
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
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoCustomer
		}
		if err != nil {
			return err
		}
		changed, err = work(
			q, user, len(administrators) == 1 && slices.Contains(administrators, id),
		)
		return err
	})
	return changed, err
}

// setStatus activates or deactivates an account. Deactivating ends its sessions.
func (i *Identity) setStatus(ctx context.Context, id int64, active bool) (db.User, error) {
	return i.change(ctx, id, func(q *db.Queries, user db.User, isLastAdmin bool) (db.User, error) {
		switch {
		case user.IsActive == active:
			return user, nil
		case isLastAdmin:
			return user, ErrLastAdmin
		}
		name := "account.activated"
		if !active {
			name = "account.deactivated"
			if _, err := q.EndSessions(ctx, new("account_deactivated"), id, 0); err != nil {
				return user, err
			}
		}
		change := event{
			name:   name,
			target: id,
			before: map[string]any{"is_active": user.IsActive},
			after:  map[string]any{"is_active": active},
		}
		if err := record(ctx, q, change); err != nil {
			return user, err
		}
		return q.SetUserStatus(ctx, active, id)
	})
}

// setRole gives an account a role, which holds from the next call of each of its sessions.
func (i *Identity) setRole(ctx context.Context, id int64, role string) (db.User, error) {
	return i.change(ctx, id, func(q *db.Queries, user db.User, isLastAdmin bool) (db.User, error) {
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
		return q.SetUserRole(ctx, role, id)
	})
}

// Promote makes an account an administrator, by e-mail address or user name: how a shop gets its
// first one.
func (i *Identity) Promote(ctx context.Context, login string) (db.User, error) {
	user, err := i.queries.GetUserByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return user, ErrNoCustomer
	}
	if err != nil {
		return user, err
	}
	return i.setRole(ctx, user.ID, administrator)
}

// Deactivate closes an account and ends its sessions, by e-mail address or user name.
func (i *Identity) Deactivate(ctx context.Context, login string) error {
	user, err := i.queries.GetUserByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoCustomer
	}
	if err != nil {
		return err
	}
	_, err = i.setStatus(ctx, user.ID, false)
	return err
}

// deleteAccount takes everything personal off the caller's account and ends its sessions.
func (i *Identity) deleteAccount(ctx context.Context) error {
	id := request.From(ctx).Principal.UserID
	_, err := i.change(
		ctx,
		id,
		func(q *db.Queries, user db.User, isLastAdmin bool) (db.User, error) {
			if isLastAdmin {
				return user, ErrLastAdmin
			}
			if _, err := q.EndSessions(ctx, new("account_deleted"), id, 0); err != nil {
				return user, err
			}
			if err := q.ForgetLoginFailures(ctx, accountSubject(user.Email)); err != nil {
				return user, err
			}
			if i.settings.Forget != nil {
				if err := i.settings.Forget(ctx, q, id); err != nil {
					return user, err
				}
			}
			if err := record(ctx, q, event{name: "account.deleted", target: id}); err != nil {
				return user, err
			}
			return user, q.AnonymiseUser(ctx, id)
		},
	)
	if errors.Is(err, ErrNoCustomer) { // deleted between the look at the token and now
		return ErrToken
	}
	return err
}
