package identity

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Errors of mailed links.
var (
	ErrSpentToken = problem.BadRequest(
		"spent_token", "This link was used before or is too old. Ask for a new one.",
	)
	errNoTokens = problem.Unavailable(
		"dependency_unavailable",
		"Links cannot be checked at the moment. Try again in a few seconds.", 5e9,
	)
)

// ForgotPassword mails a link to set a new password. An address that no account has takes the same
// work.
func (i *Identity) ForgotPassword(
	ctx context.Context, r api.ForgotPasswordRequestObject,
) (api.ForgotPasswordResponseObject, error) {
	user, err := i.queries.GetActiveUserByEmail(ctx, string(r.Body.Email))
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

// resetPassword spends the token only for a password that will do. Of racing calls the one that
// spends it wins.
func (i *Identity) resetPassword(ctx context.Context, token, password string) error {
	user, err := i.follow(ctx, resetPassword, token)
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
	if err := i.spend(ctx, resetPassword, token); err != nil {
		return err
	}
	return postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		set, err := q.ResetPasswordHash(ctx, hash, user.ID, user.PasswordHash)
		if err != nil {
			return err
		}
		if set == 0 { // the password was changed in this very moment
			return ErrSpentToken
		}
		if _, err := q.EndSessions(ctx, new("password_changed"), user.ID, 0); err != nil {
			return err
		}
		if err := q.ForgetLoginFailures(ctx, accountSubject(user.Email)); err != nil {
			return err
		}
		return record(ctx, q, event{name: "password.reset", actor: user.ID, target: user.ID})
	})
}

// RequestEmailVerification mails a link that proves the caller's address.
func (i *Identity) RequestEmailVerification(
	ctx context.Context, _ api.RequestEmailVerificationRequestObject,
) (api.RequestEmailVerificationResponseObject, error) {
	err := i.queue.Tx(ctx, func(_ *db.Queries, insert func(river.JobArgs) error) error {
		return insert(mailJob{User: request.From(ctx).Principal.UserID, Purpose: verifyEmail})
	})
	return api.RequestEmailVerification202Response{}, err
}

// CheckEmailVerification says what a link is about and leaves it good: mail scanners open links.
func (i *Identity) CheckEmailVerification(
	ctx context.Context, r api.CheckEmailVerificationRequestObject,
) (api.CheckEmailVerificationResponseObject, error) {
	user, err := i.follow(ctx, verifyEmail, r.Params.Token)
	if err != nil {
		return nil, err
	}
	return api.CheckEmailVerification200JSONResponse{
		Body: api.EmailVerification{Email: user.Email, EmailVerified: user.EmailVerifiedAt != nil},
	}, nil
}

// VerifyEmail spends a link and marks its address as verified.
func (i *Identity) VerifyEmail(
	ctx context.Context, r api.VerifyEmailRequestObject,
) (api.VerifyEmailResponseObject, error) {
	user, err := i.follow(ctx, verifyEmail, r.Body.Token)
	if err != nil {
		return nil, err
	}
	if err := i.spend(ctx, verifyEmail, r.Body.Token); err != nil {
		return nil, err
	}
	err = postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if _, err := q.VerifyEmail(ctx, user.ID, user.Email); err != nil {
			return err
		}
		return record(ctx, q, event{name: "email.verified", actor: user.ID, target: user.ID})
	})
	if errors.Is(err, pgx.ErrNoRows) { // the address was changed in this very moment
		return nil, ErrSpentToken
	}
	return api.VerifyEmail200JSONResponse{
		Body: api.EmailVerification{Email: user.Email, EmailVerified: true},
	}, err
}

// follow answers the account a token leads to, if that is still as it was when the token was
// mailed.
func (i *Identity) follow(ctx context.Context, p purpose, token string) (db.User, error) {
	value, err := i.tokens.Look(ctx, string(p), token)
	if err != nil {
		return db.User{}, tokenError(err)
	}
	var to link
	if err := json.Unmarshal([]byte(value), &to); err != nil {
		return db.User{}, err
	}
	user, err := i.queries.GetUser(ctx, to.User)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (!user.IsActive || linkFor(user, p) != to) {
		return db.User{}, ErrSpentToken
	}
	return user, err
}

func (i *Identity) spend(ctx context.Context, p purpose, token string) error {
	_, err := i.tokens.Spend(ctx, string(p), token)
	return tokenError(err)
}

func tokenError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, onetime.ErrUnknown):
		return ErrSpentToken
	}
	return errNoTokens.Because(err)
}
