package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// tokenPair is what a client gets for one session.
type tokenPair struct {
	access, refresh string
	user            db.User
	session         int64
}

const maxUserAgent = 300

// login checks the password and starts a session. That an account is inactive is said only to who
// knows its password.
func (i *Identity) login(ctx context.Context, name, password string) (tokenPair, error) {
	lock := i.lockFor(ctx, name)
	if err := lock.check(ctx); err != nil {
		return tokenPair{}, err
	}
	user, err := i.queries.GetUserByLogin(ctx, name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return tokenPair{}, err
	}
	right, err := i.passwords.matches(ctx, user.PasswordHash, password)
	switch {
	case err != nil:
		return tokenPair{}, err
	case !right:
		return tokenPair{}, lock.fail(ctx, user.ID)
	case !user.IsActive:
		return tokenPair{}, ErrInactive
	}
	pair := tokenPair{user: user, refresh: randomToken()}
	info := request.From(ctx)
	lifetime := i.settings.RefreshLifetime.Seconds()
	var session int64
	err = postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		params := db.CreateSessionParams{
			UserID:          user.ID,
			UserAgent:       cut(info.UserAgent, maxUserAgent),
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
		if err := lock.forget(ctx, q); err != nil {
			return err
		}
		return record(ctx, q, event{name: "login.succeeded", actor: user.ID, target: user.ID})
	})
	if err != nil {
		return tokenPair{}, err
	}
	i.rehash(ctx, user, password)
	pair.session = session
	pair.access, err = i.signer.sign(user.ID, session)
	return pair, err
}

// refresh exchanges a refresh token for a new pair. Of racing exchanges of one token exactly one
// commits; the losers, who were here before it was complete, are told to use the winner's tokens.
// Who comes later has a token that was copied, and the session ends.
//
// check, which may be nil, may refuse the session the token is of.
func (i *Identity) refresh(
	ctx context.Context, token string, check func(ctx context.Context, session int64) error,
) (tokenPair, error) {
	hash := hashToken(token)
	held, err := i.queries.GetRefreshToken(ctx, hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return tokenPair{}, ErrRefreshToken
	case err != nil:
		return tokenPair{}, err
	case held.Ended, held.Expired, !held.IsActive:
		return tokenPair{}, ErrRefreshToken
	}
	if check != nil {
		if err := check(ctx, held.SessionID); err != nil {
			return tokenPair{}, err
		}
	}
	switch {
	case held.Spent && i.lostRace(ctx, hash, held):
		return tokenPair{}, ErrRefreshRace
	case held.Spent:
		err := postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
			if _, err := q.EndSession(ctx, new("token_reused"), held.SessionID); err != nil {
				return err
			}
			return record(ctx, q, event{name: "token.reused", target: held.UserID})
		})
		if err != nil {
			return tokenPair{}, err
		}
		return tokenPair{}, ErrTokenReused
	}

	pair := tokenPair{refresh: randomToken(), session: held.SessionID}
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
			ctx, hashToken(pair.refresh), held.SessionID, lifetime,
		); err != nil {
			return err
		}
		if err := q.TouchSession(ctx, lifetime, held.SessionID); err != nil {
			return err
		}
		pair.user, err = q.GetUser(ctx, held.UserID)
		return err
	})
	if err != nil {
		return tokenPair{}, err
	}
	// Before the new tokens are handed out, so that a replay after them is known for one.
	if err := i.queries.SettleRefreshToken(context.WithoutCancel(ctx), hash); err != nil {
		return tokenPair{}, err
	}
	i.settled.Add(string(hash), time.Now())
	pair.access, err = i.signer.sign(pair.user.ID, held.SessionID)
	return pair, err
}

// lostRace reports whether a request with a spent token was here before the exchange that spent it
// was complete. What this process exchanged it knows to the moment. Of another's exchanges the
// database's clock tells: measured up to its answer, the time this request has taken is rather too
// long than too short, so that an honest loser is never taken for a thief.
func (i *Identity) lostRace(ctx context.Context, hash []byte, held db.GetRefreshTokenRow) bool {
	arrived := request.From(ctx).Arrived
	if settled, here := i.settled.Get(string(hash)); here {
		return arrived.Before(settled)
	}
	return held.SettledAt == nil || held.At.Add(-time.Since(arrived)).Before(*held.SettledAt)
}

// logout ends the session; every token of it is refused from now on.
func (i *Identity) logout(ctx context.Context, session int64) error {
	_, err := i.queries.EndSession(ctx, new("logout"), session)
	return err
}

// logoutAll ends every session of the account.
func (i *Identity) logoutAll(ctx context.Context, user int64) error {
	_, err := i.queries.EndSessions(ctx, new("logout_all"), user, 0)
	return err
}

func hashToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// cut shortens text to at most n bytes of whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}
