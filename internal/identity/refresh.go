package identity

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// RefreshToken exchanges a refresh token for a new pair of tokens.
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
		return nil, problem.Invalid(problem.Field{
			Pointer: "/refresh_token",
			Message: "is required, in the body or as a cookie",
		})
	}
	info.UsesCookies = true
	pair, err := i.refresh(ctx, info.RefreshCookie, i.CheckCSRF)
	if errors.Is(err, ErrRefreshToken) || errors.Is(err, ErrTokenReused) {
		clearCookies(ctx) // they are useless, and scripts cannot remove them
	}
	if err != nil {
		return nil, err
	}
	i.setCookies(ctx, pair.session, pair)
	return api.RefreshToken200JSONResponse{Body: i.pairBody(pair)}, nil
}

// refresh exchanges a refresh token for a new pair. Of racing exchanges of one token exactly one
// commits. The others, which arrived before it was complete or within the leeway after that, get
// ErrRefreshRace: two tabs of a browser refresh the same token a moment apart. A request that
// arrives later holds a copied token, and the session ends.
//
// check, if set, may refuse the token's session.
func (i *Identity) refresh(
	ctx context.Context, token string, check func(ctx context.Context, session int64) error,
) (tokenPair, error) {
	hash := hashToken(token)
	stored, err := i.queries.GetRefreshToken(ctx, hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return tokenPair{}, ErrRefreshToken
	case err != nil:
		return tokenPair{}, err
	case stored.Ended, stored.Expired, !stored.IsActive:
		return tokenPair{}, ErrRefreshToken
	}
	if check != nil {
		if err := check(ctx, stored.SessionID); err != nil {
			return tokenPair{}, err
		}
	}
	switch {
	case stored.Spent && i.lostRace(ctx, hash, stored):
		return tokenPair{}, ErrRefreshRace
	case stored.Spent:
		return tokenPair{}, i.endReused(ctx, stored)
	}

	pair := tokenPair{refresh: randomToken(), session: stored.SessionID}
	err = postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		spent, err := q.SpendRefreshToken(ctx, hash)
		if err != nil {
			return err
		}
		if spent == 0 {
			return ErrRefreshRace
		}
		lifetime := i.settings.RefreshLifetime.Seconds()
		if err := q.CreateRefreshToken(
			ctx, hashToken(pair.refresh), stored.SessionID, lifetime,
		); err != nil {
			return err
		}
		if err := q.TouchSession(ctx, lifetime, stored.SessionID); err != nil {
			return err
		}
		pair.user, err = q.GetUser(ctx, stored.UserID)
		return err
	})
	if err != nil {
		return tokenPair{}, err
	}
	// Before the client gets the new tokens, so that a replay after that is recognised as one.
	if err := i.queries.SettleRefreshToken(context.WithoutCancel(ctx), hash); err != nil {
		return tokenPair{}, err
	}
	i.exchanges.Add(string(hash), time.Now())
	pair.access, err = i.signer.sign(pair.user.ID, stored.SessionID)
	return pair, err
}

// endReused ends the session of a refresh token that was copied, and returns ErrTokenReused.
func (i *Identity) endReused(ctx context.Context, stored db.GetRefreshTokenRow) error {
	err := postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if err := q.TerminateSession(ctx, new("token_reused"), stored.SessionID); err != nil {
			return err
		}
		return record(ctx, q, event{name: "token.reused", target: stored.UserID})
	})
	if err != nil {
		return err
	}
	return ErrTokenReused
}

// lostRace reports whether a request with a spent token arrived before the exchange that spent it
// was complete, or no later than the leeway after that. This process knows the exact time of its
// own exchanges. For those of other processes it uses the database's clock: the time this request
// has taken is measured up to the database's reply, so it is too long rather than too short, and an
// honest loser is never taken for a thief.
func (i *Identity) lostRace(ctx context.Context, hash []byte, stored db.GetRefreshTokenRow) bool {
	arrived := request.From(ctx).Arrived
	if settled, here := i.exchanges.Get(string(hash)); here {
		return arrived.Before(settled.Add(i.settings.RefreshLeeway))
	}
	return stored.SettledAt == nil ||
		stored.At.Add(-time.Since(arrived)).Before(stored.SettledAt.Add(i.settings.RefreshLeeway))
}
