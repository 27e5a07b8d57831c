package identity

import (
	"context"
	"crypto/sha256"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// tokenPair is what a client gets for one session.
type tokenPair struct {
	access, refresh string
	user            db.User
	session         int64
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

// hashToken returns the hash under which a refresh token is stored.
func hashToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// Authenticate returns the account an access token speaks for. The session is looked up in
// PostgreSQL at every call: one lookup by primary key, and no copy that could outlive a logout.
func (i *Identity) Authenticate(ctx context.Context, token string) (request.Principal, error) {
	claims, err := i.signer.check(token)
	if err != nil {
		return request.Principal{}, ErrToken
	}
	row, err := i.queries.GetPrincipal(ctx, claims.session, claims.user)
	return request.Principal{
		UserID:    row.UserID,
		SessionID: row.SessionID,
		Role:      row.Role,
		Rank:      row.Rank,
	}, postgres.NotFound(err, ErrToken)
}

// ListSessions returns where the account is logged in.
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
			ID:         row.ID,
			UserAgent:  row.UserAgent,
			IsCurrent:  row.ID == principal.SessionID,
			CreatedAt:  row.CreatedAt,
			LastUsedAt: row.LastUsedAt,
			ExpiresAt:  row.ExpiresAt,
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
	ended, err := i.queries.EndSession(ctx, r.ID, request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	if ended == 0 {
		return nil, ErrNoSession
	}
	return api.EndSession204Response{}, nil
}

// Logout ends the caller's session. Every token of it is refused from then on.
func (i *Identity) Logout(
	ctx context.Context, _ api.LogoutRequestObject,
) (api.LogoutResponseObject, error) {
	session := request.From(ctx).Principal.SessionID
	if err := i.queries.TerminateSession(ctx, new("logout"), session); err != nil {
		return nil, err
	}
	clearCookies(ctx)
	return api.Logout204Response{}, nil
}

// LogoutAll ends all of the account's sessions.
func (i *Identity) LogoutAll(
	ctx context.Context, _ api.LogoutAllRequestObject,
) (api.LogoutAllResponseObject, error) {
	user := request.From(ctx).Principal.UserID
	if err := i.queries.TerminateSessions(ctx, new("logout_all"), user, 0); err != nil {
		return nil, err
	}
	clearCookies(ctx)
	return api.LogoutAll204Response{}, nil
}
