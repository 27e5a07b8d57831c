package identity

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// GetProfile answers the caller's account.
func (i *Identity) GetProfile(
	ctx context.Context, _ api.GetProfileRequestObject,
) (api.GetProfileResponseObject, error) {
	user, err := i.queries.GetUser(ctx, request.From(ctx).Principal.UserID)
	return api.GetProfile200JSONResponse{Body: userBody(user)}, err
}

// ReplaceProfile sets all of the caller's profile.
func (i *Identity) ReplaceProfile(
	ctx context.Context, r api.ReplaceProfileRequestObject,
) (api.ReplaceProfileResponseObject, error) {
	user, err := i.queries.ReplaceProfile(ctx, db.ReplaceProfileParams{
		ID:           request.From(ctx).Principal.UserID,
		FirstName:    r.Body.FirstName,
		LastName:     r.Body.LastName,
		Phone:        r.Body.Phone,
		Username:     r.Body.Username,
		OrderUpdates: r.Body.OrderUpdates,
	})
	if err != nil {
		return nil, usernameTaken(err)
	}
	return api.ReplaceProfile200JSONResponse(userBody(user)), nil
}

// UpdateProfile changes the fields that were sent.
func (i *Identity) UpdateProfile(
	ctx context.Context, r api.UpdateProfileRequestObject,
) (api.UpdateProfileResponseObject, error) {
	var user db.User
	err := postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		now, err := q.LockUser(ctx, request.From(ctx).Principal.UserID)
		if err != nil {
			return err
		}
		next := db.ReplaceProfileParams{
			ID:           now.ID,
			FirstName:    now.FirstName,
			LastName:     now.LastName,
			Phone:        now.Phone,
			Username:     now.Username,
			OrderUpdates: r.Body.OrderUpdates,
		}
		mergepatch.Set(&next.FirstName, r.Body.FirstName)
		mergepatch.Set(&next.LastName, r.Body.LastName)
		mergepatch.Patch(&next.Phone, r.Body.Phone)
		mergepatch.Patch(&next.Username, r.Body.Username)
		user, err = q.ReplaceProfile(ctx, next)
		return err
	})
	if err != nil {
		return nil, usernameTaken(err)
	}
	return api.UpdateProfile200JSONResponse(userBody(user)), nil
}

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

func usernameTaken(err error) error {
	if postgres.Violates(err, "users_username_key") {
		return ErrUsernameTaken
	}
	return err
}
