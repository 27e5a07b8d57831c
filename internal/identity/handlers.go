package identity

import (
	"context"
	"errors"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Register creates a customer account.
func (i *Identity) Register(
	ctx context.Context, r api.RegisterRequestObject,
) (api.RegisterResponseObject, error) {
	user, err := i.CreateUser(ctx, NewUser{
		Email:     string(r.Body.Email),
		Password:  r.Body.Password,
		FirstName: r.Body.FirstName,
		LastName:  r.Body.LastName,
		Username:  r.Body.Username,
		Phone:     r.Body.Phone,
		Role:      "customer",
	})
	if i.settings.HideAccounts && (err == nil || errors.Is(err, ErrEmailTaken)) {
		if err != nil {
			err = i.tellOwner(ctx, string(r.Body.Email))
		}
		return api.Register202Response{}, err
	}
	if err != nil {
		return nil, err
	}
	return api.Register201JSONResponse{Body: userBody(user)}, nil
}

// Login answers tokens for a name and a password, sent as JSON or as an OAuth2 password form.
func (i *Identity) Login(
	ctx context.Context, r api.LoginRequestObject,
) (api.LoginResponseObject, error) {
	var name, password string
	switch {
	case r.FormdataBody != nil:
		name, password = r.FormdataBody.Username, r.FormdataBody.Password
	case r.JSONBody.Email != nil:
		name, password = *r.JSONBody.Email, r.JSONBody.Password
	case r.JSONBody.Username != nil:
		name, password = *r.JSONBody.Username, r.JSONBody.Password
	default:
		return nil, problem.Invalid(
			problem.Field{Pointer: "/email", Message: "is required, or username instead"},
		)
	}
	pair, err := i.login(ctx, name, password)
	if err != nil {
		return nil, err
	}
	if r.Params.UseCookies != nil && *r.Params.UseCookies {
		i.setCookies(ctx, pair.session, pair)
	}
	return api.Login200JSONResponse{Body: i.pairBody(pair)}, nil
}

// RefreshToken exchanges a refresh token.
func (i *Identity) RefreshToken(
	ctx context.Context, r api.RefreshTokenRequestObject,
) (api.RefreshTokenResponseObject, error) {
	if r.Body != nil && r.Body.RefreshToken != "" {
		pair, err := i.refresh(ctx, r.Body.RefreshToken, nil)
		if err != nil {
			return nil, err
		}
		return api.RefreshToken200JSONResponse{Body: i.pairBody(pair)}, nil
	}
	info := request.From(ctx)
	if info.RefreshCookie == "" {
		return nil, problem.Invalid(
			problem.Field{
				Pointer: "/refresh_token",
				Message: "is required, in the body or as a cookie",
			},
		)
	}
	info.UsesCookies = true
	pair, err := i.refresh(ctx, info.RefreshCookie, i.CheckCSRF)
	if errors.Is(err, ErrRefreshToken) || errors.Is(err, ErrTokenReused) {
		clearCookies(ctx) // they are good for nothing, and scripts cannot remove them
	}
	if err != nil {
		return nil, err
	}
	i.setCookies(ctx, pair.session, pair)
	return api.RefreshToken200JSONResponse{Body: i.pairBody(pair)}, nil
}

// Logout ends the caller's session.
func (i *Identity) Logout(
	ctx context.Context, _ api.LogoutRequestObject,
) (api.LogoutResponseObject, error) {
	if err := i.logout(ctx, request.From(ctx).Principal.SessionID); err != nil {
		return nil, err
	}
	clearCookies(ctx)
	return api.Logout204Response{}, nil
}

// LogoutAll ends all of the account's sessions.
func (i *Identity) LogoutAll(
	ctx context.Context, _ api.LogoutAllRequestObject,
) (api.LogoutAllResponseObject, error) {
	if err := i.logoutAll(ctx, request.From(ctx).Principal.UserID); err != nil {
		return nil, err
	}
	clearCookies(ctx)
	return api.LogoutAll204Response{}, nil
}

// ChangePassword sets a new password.
func (i *Identity) ChangePassword(
	ctx context.Context, r api.ChangePasswordRequestObject,
) (api.ChangePasswordResponseObject, error) {
	if err := i.changePassword(ctx, r.Body.CurrentPassword, r.Body.NewPassword); err != nil {
		return nil, err
	}
	return api.ChangePassword204Response{}, nil
}

// ListSessions answers where the account is logged in.
func (i *Identity) ListSessions(
	ctx context.Context, r api.ListSessionsRequestObject,
) (api.ListSessionsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	principal := request.From(ctx).Principal
	rows, err := i.queries.ListSessions(ctx, principal.UserID, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListSessions200JSONResponse{
		Items:  make([]api.Session, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		session := api.Session{
			ID: row.ID, UserAgent: row.UserAgent, IsCurrent: row.ID == principal.SessionID,
			CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt, ExpiresAt: row.ExpiresAt,
		}
		if row.Address != nil {
			session.Address = new(row.Address.String())
		}
		body.Items, body.Total = append(body.Items, session), row.Total
	}
	if len(rows) == 0 && asked.Offset > 0 {
		body.Total, err = i.queries.CountSessions(ctx, principal.UserID)
	}
	return body, err
}

// EndSession ends one of the account's sessions.
func (i *Identity) EndSession(
	ctx context.Context, r api.EndSessionRequestObject,
) (api.EndSessionResponseObject, error) {
	ended, err := i.queries.EndOwnSession(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	if ended == 0 {
		return nil, ErrNoSession
	}
	return api.EndSession204Response{}, nil
}

// GetCurrentUser answers the caller's account.
func (i *Identity) GetCurrentUser(
	ctx context.Context, _ api.GetCurrentUserRequestObject,
) (api.GetCurrentUserResponseObject, error) {
	user, err := i.queries.GetUser(ctx, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetCurrentUser200JSONResponse{Body: userBody(user)}, nil
}

func (i *Identity) pairBody(pair tokenPair) api.TokenPair {
	return api.TokenPair{
		AccessToken:  pair.access,
		RefreshToken: pair.refresh,
		TokenType:    api.TokenPairTokenTypeBearer,
		ExpiresIn:    int32(i.settings.AccessLifetime.Seconds()),
		User:         userBody(pair.user),
	}
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
