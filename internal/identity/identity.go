// Package identity owns accounts, sessions and tokens: who may call, and for how long.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Errors clients are told about.
var (
	ErrEmailTaken = problem.Conflict(
		"email_taken",
		"An account with this e-mail address exists. Log in, or choose another address.",
	)
	ErrUsernameTaken = problem.Conflict(
		"username_taken", "Another account has this user name. Choose another.",
	)
	ErrCredentials = problem.Unauthorized(
		"invalid_credentials", "E-mail address or user name and password do not belong together.",
	)
	ErrInactive = problem.Forbidden(
		"account_inactive", "This account is deactivated. Ask the shop about it.",
	)
	ErrToken = problem.Unauthorized(
		"invalid_token",
		"The access token is not valid, has expired, or its session has ended. Refresh it or log in again.",
	)
	ErrRefreshToken = problem.Unauthorized(
		"invalid_refresh_token", "The refresh token is not valid or has expired. Log in again.",
	)
	ErrTokenReused = problem.Unauthorized(
		"token_reused",
		"The refresh token was used before. The session has ended for safety: log in again.",
	)
	ErrLocked = problem.TooMany(
		"login_locked", "Too many failed logins. Wait, or use the right password then.",
		time.Second,
	)
	ErrWrongPassword = problem.Forbidden("wrong_password", "The current password is not right.")
	ErrNoSession     = problem.NotFound(
		"session_not_found", "The account has no such session, or it has ended.",
	)
	ErrNoCustomer = problem.NotFound("customer_not_found", "There is no such account.")
	ErrLastAdmin  = problem.Conflict(
		"last_administrator",
		"This is the last active administrator. Make somebody else one first.",
	)
	ErrRefreshRace = problem.Conflict(
		"refresh_in_progress",
		"Another call has just exchanged this refresh token. Use the tokens it received.",
	)
)

// Settings of the domain.
type Settings struct {
	Secret          []byte
	Algorithm       string // HS256, HS384, HS512, RS256 or EdDSA
	KeysDir         string // private keys, for RS256 and EdDSA
	Issuer          string
	AccessLifetime  time.Duration
	RefreshLifetime time.Duration
	BcryptCost      int
	ResetURL        string // where the shop sets a new password; the token is added
	VerificationURL string // where the shop verifies an address; the token is added
	HideAccounts    bool   // registering does not tell whether an address has an account
	FreeFailures    int    // failed logins an account has before it is locked for a while; 0 turns locks off
	Currency        money.Currency
	// Forget removes what other domains keep of an account that is deleted, in the same
	// transaction.
	Forget func(ctx context.Context, q *db.Queries, user int64) error
}

// Identity answers the auth operations.
type Identity struct {
	pool      *pgxpool.Pool
	queries   *db.Queries
	planned   *db.Queries // for queries with optional filters
	queue     *jobs.Queue
	tokens    *onetime.Store
	mail      mail.Sender
	settings  Settings
	signer    *signer
	passwords *passwords
	settled   *lru.Cache[string, time.Time] // when this process exchanged refresh tokens, by their hashes
}

// maxSettled is how many exchanges are remembered: those of the last seconds decide races.
const maxSettled = 10_000

// Parts are what the domain works with.
type Parts struct {
	Pool   *pgxpool.Pool
	Queue  *jobs.Queue
	Tokens *onetime.Store
	Mail   mail.Sender
}

// New makes the domain.
func New(parts Parts, settings Settings) (*Identity, error) {
	signer, err := newSigner(settings)
	if err != nil {
		return nil, err
	}
	settled, err := lru.New[string, time.Time](maxSettled)
	if err != nil {
		return nil, err
	}
	return &Identity{
		settled:   settled,
		pool:      parts.Pool,
		queries:   db.New(parts.Pool),
		planned:   postgres.Planned(parts.Pool),
		queue:     parts.Queue,
		tokens:    parts.Tokens,
		mail:      parts.Mail,
		settings:  settings,
		signer:    signer,
		passwords: newPasswords(settings.BcryptCost),
	}, nil
}

// Ranks of the roles: a role may do all that a lower rank may.
func Ranks() map[string]int16 {
	return map[string]int16{"customer": 1, "staff": 2, "administrator": 3}
}

// NewUser is what an account is made of.
type NewUser struct {
	Email, Password, FirstName, LastName string
	Username, Phone                      *string
	Role                                 string
}

// CreateUser makes an account after checking the password against the policy, and has a link to
// verify its address mailed.
func (i *Identity) CreateUser(ctx context.Context, user NewUser) (db.User, error) {
	if message := checkPassword(user.Password, user.Email); message != "" {
		return db.User{}, problem.Invalid(problem.Field{Pointer: "/password", Message: message})
	}
	return i.createUser(ctx, user, true)
}

func (i *Identity) createUser(
	ctx context.Context, user NewUser, verify bool,
) (created db.User, err error) {
	hash, err := i.passwords.hash(ctx, user.Password)
	if err != nil {
		return db.User{}, err
	}
	err = i.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		created, err = q.CreateUser(ctx, db.CreateUserParams{
			Email: user.Email, Username: user.Username, PasswordHash: hash,
			FirstName: user.FirstName, LastName: user.LastName, Phone: user.Phone, Role: user.Role,
		})
		if err != nil {
			return err
		}
		if err := record(
			ctx,
			q,
			event{
				name:   "account.created",
				target: created.ID,
				after:  map[string]any{"role": user.Role},
			},
		); err != nil ||
			!verify {
			return err
		}
		if err := events.Record(
			ctx,
			q,
			events.Event{
				Kind:       events.CustomerRegistered,
				ObjectType: events.Customer,
				ObjectID:   created.ID,
				Data:       userBody(created),
			},
		); err != nil {
			return err
		}
		return insert(mailJob{User: created.ID, Purpose: verifyEmail})
	})
	switch {
	case postgres.Violates(err, "users_email_key"):
		return db.User{}, ErrEmailTaken
	case postgres.Violates(err, "users_username_key"):
		return db.User{}, ErrUsernameTaken
	}
	return created, err
}

// SeedUser makes a demo account, whose password everybody knows; the policy does not apply. An
// account that exists is left as it is.
func (i *Identity) SeedUser(ctx context.Context, user NewUser) error {
	_, err := i.createUser(ctx, user, false)
	if errors.Is(err, ErrEmailTaken) {
		return nil
	}
	return err
}

// Authenticate answers whom an access token speaks for. The session is looked up in PostgreSQL at
// every call: one lookup by primary key, and no copy that could outlive a logout.
func (i *Identity) Authenticate(ctx context.Context, token string) (request.Principal, error) {
	claims, err := i.signer.check(token)
	if err != nil {
		return request.Principal{}, ErrToken
	}
	row, err := i.queries.GetPrincipal(ctx, claims.session, claims.user)
	if errors.Is(err, pgx.ErrNoRows) {
		return request.Principal{}, ErrToken
	}
	return request.Principal{
		UserID:    row.UserID,
		SessionID: row.SessionID,
		Role:      row.Role,
		Rank:      row.Rank,
	}, err
}

// randomToken is 32 random bytes as text.
func randomToken() string {
	var token [32]byte
	_, _ = rand.Read(token[:]) // never fails
	return base64URL(token[:])
}

func base64URL(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
