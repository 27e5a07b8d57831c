package identity

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Register creates a customer account.
func (i *Identity) Register(ctx context.Context, r api.RegisterRequestObject) (api.RegisterResponseObject, error) {
	user, err := i.CreateUser(ctx, NewUser{
		Email: string(r.Body.Email), Password: r.Body.Password, FirstName: r.Body.FirstName, LastName: r.Body.LastName,
		Username: r.Body.Username, Phone: r.Body.Phone, Role: "customer",
	})
	if err != nil {
		return nil, err
	}
	return api.Register201JSONResponse{Body: userBody(user)}, nil
}

// Login answers tokens for a name and a password, sent as JSON or as an OAuth2 password form.
func (i *Identity) Login(ctx context.Context, r api.LoginRequestObject) (api.LoginResponseObject, error) {
	var name, password string
	switch {
	case r.FormdataBody != nil:
		name, password = r.FormdataBody.Username, r.FormdataBody.Password
	case r.JSONBody.Email != nil:
		name, password = *r.JSONBody.Email, r.JSONBody.Password
	case r.JSONBody.Username != nil:
		name, password = *r.JSONBody.Username, r.JSONBody.Password
	default:
		return nil, problem.Invalid(problem.Field{Pointer: "/email", Message: "is required, or username instead"})
	}
	pair, err := i.login(ctx, name, password)
	if err != nil {
		return nil, err
	}
	return api.Login200JSONResponse{Body: i.pairBody(pair)}, nil
}

// RefreshToken exchanges a refresh token.
func (i *Identity) RefreshToken(ctx context.Context, r api.RefreshTokenRequestObject) (api.RefreshTokenResponseObject, error) {
	pair, err := i.refresh(ctx, r.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return api.RefreshToken200JSONResponse{Body: i.pairBody(pair)}, nil
}

// Logout ends the caller's session.
func (i *Identity) Logout(ctx context.Context, _ api.LogoutRequestObject) (api.LogoutResponseObject, error) {
	if err := i.logout(ctx, request.From(ctx).Principal.SessionID); err != nil {
		return nil, err
	}
	return api.Logout204Response{}, nil
}

// GetCurrentUser answers the caller's account.
func (i *Identity) GetCurrentUser(ctx context.Context, _ api.GetCurrentUserRequestObject) (api.GetCurrentUserResponseObject, error) {
	user, err := i.queries.GetUser(ctx, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetCurrentUser200JSONResponse{Body: userBody(user)}, nil
}

func (i *Identity) pairBody(pair tokenPair) api.TokenPair {
	return api.TokenPair{
		AccessToken: pair.access, RefreshToken: pair.refresh, TokenType: api.TokenPairTokenTypeBearer,
		ExpiresIn: int32(i.settings.AccessLifetime.Seconds()), User: userBody(pair.user),
	}
}

func userBody(user db.User) api.User {
	return api.User{
		ID: user.ID, Email: user.Email, Username: user.Username, FirstName: user.FirstName, LastName: user.LastName,
		Phone: user.Phone, Role: api.Role(user.Role), IsActive: user.IsActive, EmailVerified: user.EmailVerifiedAt != nil,
		CreatedAt: user.CreatedAt, UpdatedAt: user.UpdatedAt,
	}
}
