package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors of mailed links.
var (
	ErrSpentToken = problem.BadRequest(
		"spent_token", "This link was used before or is too old. Ask for a new one.",
	)
	errNoTokens = problem.Unavailable(
		"dependency_unavailable",
		"Links cannot be checked at the moment. Try again in a few seconds.", 5*time.Second,
	)
)

// purpose is what a mail is for; those with a link have a lifetime in linkLifetime.
type purpose string

const (
	verifyEmail   purpose = "verify"
	resetPassword purpose = "reset"
	accountExists purpose = "exists" // no link: somebody registered with the address of an account
)

// linkLifetime is how long a link can be used.
var linkLifetime = map[purpose]time.Duration{verifyEmail: 24 * time.Hour, resetPassword: time.Hour}

// link is what a mailed token stands for: an account as it was when the mail was sent.
type link struct {
	User int64 `json:"user"`
	// Proof is of what must not have changed since: the password for a reset, the address for a
	// verification.
	Proof string `json:"proof"`
}

func linkFor(user db.User, p purpose) link {
	if p == verifyEmail {
		return link{user.ID, user.Email}
	}
	hash := sha256.Sum256([]byte(user.PasswordHash))
	return link{user.ID, hex.EncodeToString(hash[:8])}
}

// issueLink returns a new token for an account and a purpose. It replaces the one before.
func (i *Identity) issueLink(ctx context.Context, user db.User, p purpose) (string, error) {
	value, err := json.Marshal(linkFor(user, p))
	if err != nil {
		return "", err
	}
	return i.linkTokens.Issue(
		ctx, string(p), strconv.FormatInt(user.ID, 10), string(value), linkLifetime[p],
	)
}

// accountOfLink returns the account of a token, or ErrSpentToken if the token was used, has
// expired, or the account has changed since the mail was sent. It does not spend the token.
func (i *Identity) accountOfLink(ctx context.Context, p purpose, token string) (db.User, error) {
	value, err := i.linkTokens.Look(ctx, string(p), token)
	if err != nil {
		return db.User{}, linkError(err)
	}
	var stored link
	if err := json.Unmarshal([]byte(value), &stored); err != nil {
		return db.User{}, err
	}
	user, err := i.queries.GetUser(ctx, stored.User)
	if errors.Is(err, pgx.ErrNoRows) ||
		err == nil && (!user.IsActive || linkFor(user, p) != stored) {
		return db.User{}, ErrSpentToken
	}
	return user, err
}

// spendLink makes a token useless. Of racing calls one succeeds; the others get ErrSpentToken.
func (i *Identity) spendLink(ctx context.Context, p purpose, token string) error {
	_, err := i.linkTokens.Spend(ctx, string(p), token)
	return linkError(err)
}

func linkError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, onetime.ErrUnknown):
		return ErrSpentToken
	}
	return errNoTokens.Because(err)
}
