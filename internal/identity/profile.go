package identity

import (
	"context"

	"github.com/oapi-codegen/nullable"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// GetProfile answers the caller's account.
func (i *Identity) GetProfile(ctx context.Context, _ api.GetProfileRequestObject) (api.GetProfileResponseObject, error) {
	user, err := i.queries.GetUser(ctx, request.From(ctx).Principal.UserID)
	return api.GetProfile200JSONResponse{Body: userBody(user)}, err
}

// ReplaceProfile sets all of the caller's profile.
func (i *Identity) ReplaceProfile(ctx context.Context, r api.ReplaceProfileRequestObject) (api.ReplaceProfileResponseObject, error) {
	user, err := i.queries.ReplaceProfile(ctx, db.ReplaceProfileParams{
		ID: request.From(ctx).Principal.UserID, FirstName: r.Body.FirstName, LastName: r.Body.LastName, Phone: r.Body.Phone, Username: r.Body.Username,
	})
	if err != nil {
		return nil, usernameTaken(err)
	}
	return api.ReplaceProfile200JSONResponse(userBody(user)), nil
}

// UpdateProfile changes the fields that were sent.
func (i *Identity) UpdateProfile(ctx context.Context, r api.UpdateProfileRequestObject) (api.UpdateProfileResponseObject, error) {
	params := db.UpdateProfileParams{
		ID: request.From(ctx).Principal.UserID, FirstName: r.Body.FirstName, LastName: r.Body.LastName,
		SetPhone: r.Body.Phone.IsSpecified(), Phone: valueOf(r.Body.Phone),
		SetUsername: r.Body.Username.IsSpecified(), Username: valueOf(r.Body.Username),
	}
	user, err := i.queries.UpdateProfile(ctx, params)
	if err != nil {
		return nil, usernameTaken(err)
	}
	return api.UpdateProfile200JSONResponse(userBody(user)), nil
}

// DeleteAccount anonymises the caller's account.
func (i *Identity) DeleteAccount(ctx context.Context, _ api.DeleteAccountRequestObject) (api.DeleteAccountResponseObject, error) {
	if err := i.deleteAccount(ctx); err != nil {
		return nil, err
	}
	return api.DeleteAccount204Response{}, nil
}

// valueOf is what a merge patch sets a field to: nil for null.
func valueOf(field nullable.Nullable[string]) *string {
	if value, err := field.Get(); err == nil {
		return &value
	}
	return nil
}

func usernameTaken(err error) error {
	if postgres.Violates(err, "users_username_key") {
		return ErrUsernameTaken
	}
	return err
}
