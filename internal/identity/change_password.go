package identity

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// ChangePassword sets a new password.
func (i *Identity) ChangePassword(
	ctx context.Context, r api.ChangePasswordRequestObject,
) (api.ChangePasswordResponseObject, error) {
	if err := i.changePassword(ctx, r.Body.CurrentPassword, r.Body.NewPassword); err != nil {
		return nil, err
	}
	return api.ChangePassword204Response{}, nil
}

// changePassword sets a new password and ends all other sessions.
func (i *Identity) changePassword(ctx context.Context, current, replacement string) error {
	principal := request.From(ctx).Principal
	user, err := i.queries.GetUser(ctx, principal.UserID)
	if err != nil {
		return err
	}
	right, err := i.passwords.matches(ctx, user.PasswordHash, current)
	if err != nil {
		return err
	}
	if !right {
		return ErrWrongPassword
	}
	if message := checkPassword(replacement, user.Email); message != "" {
		return problem.Invalid(problem.Field{Pointer: "/new_password", Message: message})
	}
	hash, err := i.passwords.hash(ctx, replacement)
	if err != nil {
		return err
	}
	return postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if err := q.ChangePassword(ctx, hash, user.ID); err != nil {
			return err
		}
		if err := q.TerminateSessions(
			ctx, new("password_changed"), user.ID, principal.SessionID,
		); err != nil {
			return err
		}
		return record(ctx, q, event{name: "password.changed", target: user.ID})
	})
}
