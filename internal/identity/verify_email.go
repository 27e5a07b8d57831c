package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// RequestEmailVerification mails a link that verifies the caller's address.
func (i *Identity) RequestEmailVerification(
	ctx context.Context, _ api.RequestEmailVerificationRequestObject,
) (api.RequestEmailVerificationResponseObject, error) {
	err := i.queue.Tx(ctx, func(_ *db.Queries, insert func(river.JobArgs) error) error {
		return insert(mailJob{User: request.From(ctx).Principal.UserID, Purpose: verifyEmail})
	})
	return api.RequestEmailVerification202Response{}, err
}

// CheckEmailVerification returns the address a link is about. It does not spend the token, because
// mail scanners open links.
func (i *Identity) CheckEmailVerification(
	ctx context.Context, r api.CheckEmailVerificationRequestObject,
) (api.CheckEmailVerificationResponseObject, error) {
	user, err := i.accountOfLink(ctx, verifyEmail, r.Params.Token)
	if err != nil {
		return nil, err
	}
	return api.CheckEmailVerification200JSONResponse{
		Body: api.EmailVerification{Email: user.Email, EmailVerified: user.EmailVerifiedAt != nil},
	}, nil
}

// VerifyEmail spends a link's token and marks its address as verified.
func (i *Identity) VerifyEmail(
	ctx context.Context, r api.VerifyEmailRequestObject,
) (api.VerifyEmailResponseObject, error) {
	user, err := i.accountOfLink(ctx, verifyEmail, r.Body.Token)
	if err != nil {
		return nil, err
	}
	if err := i.spendLink(ctx, verifyEmail, r.Body.Token); err != nil {
		return nil, err
	}
	err = postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if _, err := q.VerifyEmail(ctx, user.ID, user.Email); err != nil {
			return err
		}
		return record(ctx, q, event{name: "email.verified", actor: user.ID, target: user.ID})
	})
	if errors.Is(err, pgx.ErrNoRows) { // the address was changed at the same moment
		return nil, ErrSpentToken
	}
	return api.VerifyEmail200JSONResponse{
		Body: api.EmailVerification{Email: user.Email, EmailVerified: true},
	}, err
}
