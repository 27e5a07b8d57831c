package identity

import (
	"context"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// addressFailures is how many times an account's free failures a network address has, because many
// people may share one.
const addressFailures = 10

// loginLock stops password guessing: it locks logins to an account, whether it exists or not, and
// from an address. Each failure beyond the free ones locks for twice as long as the one before, from
// 15 seconds to 15 minutes.
type loginLock struct {
	*Identity
	account, address string // the subjects that failures are counted by
}

func (i *Identity) lockFor(ctx context.Context, name string) loginLock {
	lock := loginLock{Identity: i, account: accountSubject(name)}
	if address := request.From(ctx).Address; address.IsValid() {
		lock.address = "address:" + address.String()
	}
	return lock
}

func accountSubject(name string) string { return "account:" + strings.ToLower(name) }

// check returns ErrLocked while the account or the address is locked.
func (l loginLock) check(ctx context.Context) error {
	if l.settings.FreeFailures == 0 {
		return nil
	}
	seconds, err := l.queries.LoginLock(ctx, []string{l.account, l.address})
	if err != nil || seconds == 0 {
		return err
	}
	wait := time.Duration(seconds * float64(time.Second))
	return ErrLocked.Detailf("Too many failed logins. Try again in %s.", wait.Round(time.Second)).
		After(wait)
}

// fail counts a failed login and returns the error for the client. user is 0 if there is no such
// account.
func (l loginLock) fail(ctx context.Context, user int64) error {
	// A client that disconnects must not prevent the count.
	ctx = context.WithoutCancel(ctx)
	err := postgres.Tx(ctx, l.pool, func(q *db.Queries) error {
		if err := record(ctx, q, event{name: "login.failed", target: user}); err != nil ||
			l.settings.FreeFailures == 0 {
			return err
		}
		if l.address != "" {
			if _, err := q.CountLoginFailure(
				ctx, l.address, int32(l.settings.FreeFailures*addressFailures),
			); err != nil {
				return err
			}
		}
		locked, err := q.CountLoginFailure(ctx, l.account, int32(l.settings.FreeFailures))
		if err != nil || !locked {
			return err
		}
		return record(ctx, q, event{name: "login.locked", target: user})
	})
	if err != nil {
		return err
	}
	return ErrCredentials
}

// forget unlocks the account after a login with the right password.
func (l loginLock) forget(ctx context.Context, q *db.Queries) error {
	return q.ForgetLoginFailures(ctx, l.account)
}

// Sweep is the job that deletes failed logins that no longer count.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "identity.sweep" }

func (i *Identity) sweepLoginFailures(ctx context.Context, _ Sweep) error {
	_, err := i.queries.SweepLoginFailures(ctx)
	return err
}
