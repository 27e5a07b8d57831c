package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

const maxUserAgent = 300 // bytes

// Login returns tokens for a name and a password, sent as JSON or as an OAuth2 password form.
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

// login checks the password and starts a session. Only a caller who knows the password learns that
// an account is inactive.
func (i *Identity) login(ctx context.Context, name, password string) (tokenPair, error) {
	name = normalLogin(name)
	user, err := i.queries.GetUserByLogin(ctx, name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return tokenPair{}, err
	}
	attempt, err := i.beginLogin(ctx, user, name)
	if err != nil {
		return tokenPair{}, err
	}
	right, err := i.passwords.matches(ctx, user.PasswordHash, password)
	switch {
	case err != nil:
		attempt.abandon(ctx)
		return tokenPair{}, err
	case !right, i.isPublicLogin(user, password):
		return tokenPair{}, attempt.fail(ctx, user.ID)
	case !user.IsActive:
		attempt.abandon(ctx)
		return tokenPair{}, ErrInactive
	}
	pair := tokenPair{user: user, refresh: randomToken()}
	info := request.From(ctx)
	lifetime := i.settings.RefreshLifetime.Seconds()
	var session int64
	err = postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		params := db.CreateSessionParams{
			UserID:          user.ID,
			UserAgent:       truncate(info.UserAgent, maxUserAgent),
			LifetimeSeconds: lifetime,
		}
		if info.Address.IsValid() {
			params.Address = &info.Address
		}
		if session, err = q.CreateSession(ctx, params); err != nil {
			return err
		}
		if err := q.CreateRefreshToken(
			ctx, hashToken(pair.refresh), session, lifetime,
		); err != nil {
			return err
		}
		if err := attempt.succeed(ctx, q); err != nil {
			return err
		}
		return record(ctx, q, event{name: "login.succeeded", actor: user.ID, target: user.ID})
	})
	if err != nil {
		attempt.abandon(ctx)
		return tokenPair{}, err
	}
	i.rehash(ctx, user, password)
	pair.session = session
	pair.access, err = i.signer.sign(user.ID, session)
	return pair, err
}

// truncate shortens text to at most n bytes of whole characters.
func truncate(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}
