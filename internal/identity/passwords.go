package identity

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Limits in bytes: bcrypt reads no more than 72, and cutting a longer password in silence would
// weaken it.
const (
	minPassword = 8
	maxPassword = 72
)

//go:embed common_passwords.txt
var commonList string

var common = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for line := range strings.Lines(commonList) {
		known[strings.TrimSpace(line)] = true
	}
	return known
})

// checkPassword answers what is wrong with a new password, or nothing.
func checkPassword(password, email string) string {
	switch name, _, _ := strings.Cut(email, "@"); {
	case len(password) < minPassword:
		return fmt.Sprintf("must have at least %d bytes", minPassword)
	case len(password) > maxPassword:
		return fmt.Sprintf(
			"must have at most %d bytes; letters outside ASCII take several", maxPassword,
		)
	case common()[strings.ToLower(password)]:
		return "is one of the most common passwords; choose another"
	case strings.EqualFold(password, email),
		len(name) >= 4 && strings.EqualFold(strings.Trim(password, "0123456789!"), name):
		return "is made of the e-mail address; choose another"
	}
	return ""
}

// passwords hashes with bcrypt, on a bounded number of cores: logins must not starve all other
// requests.
type passwords struct {
	cost  int
	slots chan struct{}
	dummy []byte // compared with when there is no account, so that both answers take the same time
}

func newPasswords(cost int) *passwords {
	// Well-formed, so that comparing with it takes all the work of the cost, and the hash of
	// nothing anybody knows.
	dummy := fmt.Sprintf("$2a$%02d$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", cost)
	return &passwords{
		cost:  cost,
		slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		dummy: []byte(dummy),
	}
}

func (p *passwords) acquire(ctx context.Context) (release func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	release, err := p.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	return string(hash), err
}

// matches compares a password with a hash; without a hash it does the same work and answers false.
func (p *passwords) matches(ctx context.Context, hash, password string) (bool, error) {
	release, err := p.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	exists := hash != "" && len(password) <= maxPassword
	if !exists {
		_ = bcrypt.CompareHashAndPassword(p.dummy, []byte("another password"))
		return false, nil
	}
	err = bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

// rehash stores a hash of today's cost in place of one of another. That it fails costs nothing but
// the next try.
func (i *Identity) rehash(ctx context.Context, user db.User, password string) {
	if cost, err := bcrypt.Cost([]byte(user.PasswordHash)); err != nil || cost == i.passwords.cost {
		return
	}
	if hash, err := i.passwords.hash(ctx, password); err == nil {
		_ = i.queries.RehashPassword(ctx, hash, user.ID, user.PasswordHash)
	}
}

// changePassword sets a new password and ends all other sessions.
func (i *Identity) changePassword(ctx context.Context, current, replacement string) error {
	principal := request.From(ctx).Principal
	user, err := i.queries.GetUser(ctx, principal.UserID)
	if err != nil {
		return err
	}
	right, err := i.passwords.matches(ctx, user.PasswordHash, current)
	if err != nil {
		return err
	}
	if !right {
		return ErrWrongPassword
	}
	if message := checkPassword(replacement, user.Email); message != "" {
		return problem.Invalid(problem.Field{Pointer: "/new_password", Message: message})
	}
	hash, err := i.passwords.hash(ctx, replacement)
	if err != nil {
		return err
	}
	return postgres.Tx(ctx, i.pool, func(q *db.Queries) error {
		if err := q.SetPasswordHash(ctx, hash, user.ID); err != nil {
			return err
		}
		if _, err := q.EndSessions(
			ctx, new("password_changed"), user.ID, principal.SessionID,
		); err != nil {
			return err
		}
		return record(ctx, q, event{name: "password.changed", target: user.ID})
	})
}
