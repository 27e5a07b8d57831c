package identity

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/phone"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// GetProfile returns the caller's account.
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
	last := optional.Value(r.Body.LastName)
	if err := checkNames(r.Body.FirstName, last); err != nil {
		return nil, err
	}
	user, err := i.queries.ReplaceProfile(ctx, db.ReplaceProfileParams{
		ID:           request.From(ctx).Principal.UserID,
		FirstName:    r.Body.FirstName,
		LastName:     last,
		Phone:        r.Body.Phone,
		PhoneE164:    phone.E164(r.Body.Phone, ""),
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
		next.PhoneE164 = phone.E164(next.Phone, "")
		if err := checkNames(next.FirstName, next.LastName); err != nil {
			return err
		}
		user, err = q.ReplaceProfile(ctx, next)
		return err
	})
	if err != nil {
		return nil, usernameTaken(err)
	}
	return api.UpdateProfile200JSONResponse(userBody(user)), nil
}

func usernameTaken(err error) error {
	if postgres.Violates(err, "users_username_key") {
		return ErrUsernameTaken
	}
	return err
}

// GetCurrentUser returns the caller's account.
func (i *Identity) GetCurrentUser(
	ctx context.Context, _ api.GetCurrentUserRequestObject,
) (api.GetCurrentUserResponseObject, error) {
	user, err := i.queries.GetUser(ctx, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetCurrentUser200JSONResponse{Body: userBody(user)}, nil
}

func userBody(user db.User) api.User {
	return api.User{
		ID:            user.ID,
		Email:         user.Email,
		Username:      user.Username,
		FirstName:     user.FirstName,
		LastName:      user.LastName,
		Phone:         user.Phone,
		Role:          api.Role(user.Role),
		IsActive:      user.IsActive,
		EmailVerified: user.EmailVerifiedAt != nil,
		OrderUpdates:  user.OrderUpdates,
		CreatedAt:     user.CreatedAt,
		UpdatedAt:     user.UpdatedAt,
	}
}
