package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ForgotPassword mails a link to set a new password. An address without an account takes the same
// work.
func (i *Identity) ForgotPassword(
	ctx context.Context, r api.ForgotPasswordRequestObject,
) (api.ForgotPasswordResponseObject, error) {
	user, err := i.queries.GetActiveUserByEmail(ctx, normalLogin(string(r.Body.Email)))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	err = i.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		if err := record(
			ctx, q, event{name: "password.reset_requested", target: user.ID},
		); err != nil {
			return err
		}
		return insert(mailJob{User: user.ID, Purpose: resetPassword})
	})
	return api.ForgotPassword202Response{}, err
}

// ResetPassword sets a new password with a mailed token.
func (i *Identity) ResetPassword(
	ctx context.Context, r api.ResetPasswordRequestObject,
) (api.ResetPasswordResponseObject, error) {
	if err := i.resetPassword(ctx, r.Body.Token, r.Body.NewPassword); err != nil {
		return nil, err
	}
	return api.ResetPassword202Response{}, nil
}

// resetPassword sets a new password and ends all sessions. The token is spent only once the
// password satisfies the policy; of racing calls the one that spends it wins.
func (i *Identity) resetPassword(ctx context.Context, token, password string) error {
	user, err := i.accountOfLink(ctx, resetPassword, token)
	if err != nil {
		return err
	}
	if message := checkPassword(password, user.Email); message != "" {
		return problem.Invalid(problem.Field{Pointer: "/new_password", Message: message})
	}
	hash, err := i.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := i.spendLink(ctx, resetPassword, token); err != nil {
		return err
	}
	return postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		updated, err := q.ResetPassword(ctx, hash, user.ID, user.PasswordHash)
		if err != nil {
			return err
		}
		if updated == 0 { // the password was changed at the same moment
			return ErrSpentToken
		}
		if err := q.TerminateSessions(ctx, new("password_changed"), user.ID, 0); err != nil {
			return err
		}
		if err := forgetFailures(ctx, q, user); err != nil {
			return err
		}
		return record(ctx, q, event{name: "password.reset", actor: user.ID, target: user.ID})
	})
}
