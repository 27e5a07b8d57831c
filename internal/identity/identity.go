// Package identity owns accounts, sessions and tokens: who may call the API, and for how long.
//
// An account has sessions, one for each login. A session has access tokens (signed JWTs, see
// access_tokens.go) and one refresh token at a time, which each exchange replaces. Mailed links
// hold one-time tokens (see links.go).
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/clock"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/onetime"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Settings of the domain.
type Settings struct {
	Secret          []byte
	Algorithm       string // HS256, HS384, HS512, RS256 or EdDSA
	KeysDir         string // private keys, for RS256 and EdDSA
	Issuer          string
	AccessLifetime  time.Duration
	RefreshLifetime time.Duration
	RefreshLeeway   time.Duration // a spent refresh token that returns so soon lost a race
	BcryptCost      int
	ResetURL        string // where the shop sets a new password; the token is added
	VerificationURL string // where the shop verifies an address; the token is added
	HideAccounts    bool   // registering does not reveal whether an address has an account
	FreeFailures    int    // failed logins before an account is locked for a while; 0: no locks
	// PublicLogin is a pair that everybody knows, such as the demo administrator's: it is refused.
	PublicLogin *Credentials
	Currency    money.Currency
	// Forget deletes what other domains store about an account that is deleted, in the same
	// transaction.
	Forget func(ctx context.Context, q *db.Queries, user int64) error
}

// Credentials are what an account logs in with.
type Credentials struct{ Email, Password string }

// Identity handles the operations on accounts, sessions and tokens.
type Identity struct {
	pool       *pgxpool.Pool
	queries    *db.Queries
	planned    *db.Queries // for queries with optional filters
	queue      *jobs.Queue
	linkTokens *onetime.Store // of mailed links
	mail       mail.Sender
	settings   Settings
	signer     *signer
	passwords  *passwords
	exchanges  *lru.Cache[string, time.Time] // see lostRace
}

// maxExchanges is how many exchanges of refresh tokens a process remembers. Those of the last
// seconds decide races.
const maxExchanges = 10_000

// Parts are what the domain works with.
type Parts struct {
	Pool       *pgxpool.Pool
	Queue      *jobs.Queue
	LinkTokens *onetime.Store
	Mail       mail.Sender
	Clock      *clock.Clock // of the tokens; nil: the system's
}

// New makes the domain and registers its jobs.
func New(parts Parts, settings Settings) (*Identity, error) {
	signer, err := newSigner(settings, parts.Clock)
	if err != nil {
		return nil, err
	}
	exchanges, err := lru.New[string, time.Time](maxExchanges)
	if err != nil {
		return nil, err
	}
	i := &Identity{
		pool:       parts.Pool,
		queries:    db.New(parts.Pool),
		planned:    postgres.Planned(parts.Pool),
		queue:      parts.Queue,
		linkTokens: parts.LinkTokens,
		mail:       parts.Mail,
		settings:   settings,
		signer:     signer,
		passwords:  newPasswords(settings.BcryptCost),
		exchanges:  exchanges,
	}
	jobs.Handle(i.queue, i.sendMail)
	jobs.Handle(i.queue, i.sweepLoginFailures)
	i.queue.Every(time.Hour, Sweep{})
	return i, nil
}

// Ranks returns the rank of each role: a role may do all that a lower rank may.
func Ranks() map[string]int16 {
	return map[string]int16{"customer": 1, "staff": 2, "administrator": 3}
}

// randomToken returns 32 random bytes as text.
func randomToken() string {
	var token [32]byte
	_, _ = rand.Read(token[:]) // never fails
	return base64URL(token[:])
}

func base64URL(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
