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
)

// Limits of a password in bytes. bcrypt reads no more than 72; cutting off the rest silently would
// weaken the password.
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

// checkPassword returns what is wrong with a new password, or "".
func checkPassword(password, email string) string {
	password = normalPassword(password)
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

// passwords hashes with bcrypt, on half of the cores at most, so that logins do not starve other
// requests.
type passwords struct {
	cost  int
	slots chan struct{}
	dummy []byte // stands in for the hash of an unknown account, so that both take the same time
}

func newPasswords(cost int) *passwords {
	// Well-formed, so that comparing with it takes all the work of the cost. No password is known
	// to have this hash.
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
	hash, err := bcrypt.GenerateFromPassword([]byte(normalPassword(password)), p.cost)
	return string(hash), err
}

// matches reports whether a hash is the password's. Without a hash it does the same work and
// returns false.
func (p *passwords) matches(ctx context.Context, hash, password string) (bool, error) {
	release, err := p.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	password = normalPassword(password)
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

// rehash replaces a hash of another cost than the configured one. A failure is ignored: the next
// login tries again.
func (i *Identity) rehash(ctx context.Context, user db.User, password string) {
	if cost, err := bcrypt.Cost([]byte(user.PasswordHash)); err != nil || cost == i.passwords.cost {
		return
	}
	if hash, err := i.passwords.hash(ctx, password); err == nil {
		_ = i.queries.RehashPassword(ctx, hash, user.ID, user.PasswordHash)
	}
}
