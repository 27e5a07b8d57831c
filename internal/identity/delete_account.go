package identity

import (
	"context"
	"errors"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// DeleteAccount anonymises the caller's account.
func (i *Identity) DeleteAccount(
	ctx context.Context, _ api.DeleteAccountRequestObject,
) (api.DeleteAccountResponseObject, error) {
	if err := i.deleteAccount(ctx); err != nil {
		return nil, err
	}
	clearCookies(ctx)
	return api.DeleteAccount204Response{}, nil
}

// deleteAccount removes everything personal from the caller's account and ends its sessions.
func (i *Identity) deleteAccount(ctx context.Context) error {
	id := request.From(ctx).Principal.UserID
	_, err := i.changeAccount(
		ctx, id, func(q *db.Queries, user db.User, isLastAdmin bool) (db.User, error) {
			if isLastAdmin {
				return user, ErrLastAdmin
			}
			if err := q.TerminateSessions(ctx, new("account_deleted"), id, 0); err != nil {
				return user, err
			}
			if err := forgetFailures(ctx, q, user); err != nil {
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
			return user, q.DeleteAccount(ctx, id)
		},
	)
	if errors.Is(err, ErrNoCustomer) { // deleted since the token was checked
		return ErrToken
	}
	return err
}
