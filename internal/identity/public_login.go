package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
)

// isPublicLogin reports whether a password for an account is one that everybody knows.
func (i *Identity) isPublicLogin(user db.User, password string) bool {
	known := i.settings.PublicLogin
	return known != nil && user.Email == known.Email && password == known.Password
}

// ClosePublicLogin deactivates the account of Settings.PublicLogin and ends its sessions, if it
// still has the password that everybody knows. Even the last administrator is deactivated. It
// reports whether it did.
func (i *Identity) ClosePublicLogin(ctx context.Context) (closed bool, err error) {
	known := i.settings.PublicLogin
	if known == nil {
		return false, nil
	}
	user, err := i.queries.GetActiveUserByEmail(ctx, known.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	matches, err := i.passwords.matches(ctx, user.PasswordHash, known.Password)
	if err != nil || !matches {
		return false, err
	}
	_, err = i.changeAccount(ctx, user.ID, func(
		q *db.Queries, locked db.User, _ bool,
	) (db.User, error) {
		if !locked.IsActive || locked.PasswordHash != user.PasswordHash {
			return locked, nil // changed at the same moment
		}
		closed = true
		return storeStatus(ctx, q, locked, false)
	})
	return closed && err == nil, err
}
