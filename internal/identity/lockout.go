package identity

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// How many times the free failures of an account at one address others have.
const (
	addressFactor = 10 // an address at all accounts, because many people may share one
	accountFactor = 20 // an account at all addresses it never logged in from
)

const (
	attemptPoll    = 25 * time.Millisecond // between two looks whether an attempt may begin
	attemptMaxWait = 5 * time.Second       // for other attempts that are under way
)

// loginAttempt is one attempt to log in. It counts towards subjects: the account at this address,
// the address, and, unless the account has logged in from the address before, the account. So a
// stranger can lock an account for strangers, and never for its owner at a known address.
//
// An account that does not exist is treated like one that does.
type loginAttempt struct {
	*Identity
	subjects []string
	free     []int32 // how many failures each subject has before it is locked
}

// beginLogin begins an attempt to log in to an account. user is zero and name counts if there is no
// such account. It returns ErrLocked while a subject is locked. No more attempts are under way than
// the subject has free failures left, so racing guesses are hashed no more often than sequential
// ones; further attempts wait for them.
func (i *Identity) beginLogin(
	ctx context.Context, user db.User, name string,
) (*loginAttempt, error) {
	attempt := &loginAttempt{Identity: i}
	free := int32(i.settings.FreeFailures)
	if free == 0 {
		return attempt, nil
	}
	account := accountSubject(user, name)
	network := networkOf(request.From(ctx).Address)
	known, err := i.queries.HasLoggedInFrom(ctx, user.ID, network)
	if err != nil {
		return nil, err
	}
	attempt.count(atAddress(account, network), free)
	attempt.count("address:"+network.String(), free*addressFactor)
	if !known {
		attempt.count(account, free*accountFactor)
	}
	deadline := time.Now().Add(attemptMaxWait)
	for {
		begun, err := attempt.tryBegin(ctx)
		if err != nil || begun {
			return attempt, err
		}
		if time.Now().After(deadline) {
			return nil, ErrLocked
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(attemptPoll):
		}
	}
}

func (a *loginAttempt) count(subject string, free int32) {
	a.subjects, a.free = append(a.subjects, subject), append(a.free, free)
}

// tryBegin counts the attempt as under way. It returns false if too many others are, and ErrLocked
// if a subject is locked.
func (a *loginAttempt) tryBegin(ctx context.Context) (begun bool, err error) {
	err = postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		counted, err := q.BeginLoginAttempt(ctx, a.subjects, a.free)
		if err != nil {
			return err
		}
		if begun = len(counted) == len(a.subjects); !begun {
			return errAttemptRefused // rolls back
		}
		return nil
	})
	if !errors.Is(err, errAttemptRefused) {
		return begun, err
	}
	seconds, err := a.queries.LoginLock(ctx, a.subjects)
	if err != nil || seconds == 0 {
		return false, err
	}
	wait := time.Duration(seconds * float64(time.Second))
	return false, ErrLocked.
		Detailf("Too many failed logins. Try again in %s.", wait.Round(time.Second)).
		After(wait)
}

var errAttemptRefused = errors.New("a subject of the attempt is locked or busy")

// fail ends the attempt as a failed login and returns the error for the client. user is 0 if there
// is no such account.
func (a *loginAttempt) fail(ctx context.Context, user int64) error {
	ctx = context.WithoutCancel(ctx) // a client that disconnects must not prevent the count
	err := postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		if err := record(ctx, q, event{name: "login.failed", target: user}); err != nil ||
			len(a.subjects) == 0 {
			return err
		}
		locked, err := q.FailLoginAttempt(ctx, a.free, a.subjects)
		if err != nil {
			return err
		}
		for _, subject := range locked {
			if strings.HasPrefix(subject, "address:") {
				continue
			}
			return record(ctx, q, event{name: "login.locked", target: user})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ErrCredentials
}

// succeed ends the attempt in the transaction of a login, and forgets the failures of the account
// at this address.
func (a *loginAttempt) succeed(ctx context.Context, q *db.Queries) error {
	if len(a.subjects) == 0 {
		return nil
	}
	return q.EndLoginAttempt(ctx, a.subjects[:1], a.subjects)
}

// abandon ends an attempt that neither failed nor succeeded.
func (a *loginAttempt) abandon(ctx context.Context) {
	if len(a.subjects) > 0 {
		// What stays under way by mistake is ignored after a minute.
		_ = a.queries.EndLoginAttempt(context.WithoutCancel(ctx), nil, a.subjects)
	}
}

// forgetFailures unlocks an account, at all addresses.
func forgetFailures(ctx context.Context, q *db.Queries, user db.User) error {
	return q.ForgetLoginFailures(ctx, accountSubject(user, ""))
}

// accountSubject returns the subject of an account, whose e-mail address and user name count as
// one, or of a name that no account has.
func accountSubject(user db.User, name string) string {
	if user.ID != 0 {
		return "account:" + strconv.FormatInt(user.ID, 10)
	}
	return "name:" + strings.ToLower(name)
}

// atAddress returns the subject of an account at a network. ForgetLoginFailures finds it by its
// beginning.
func atAddress(account string, network netip.Prefix) string {
	return account + " at " + network.String()
}

// networkOf returns the network that failures are counted by: an IPv4 address, or the /64 network
// of an IPv6 address, which one customer of an access provider has alone.
func networkOf(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	if !address.IsValid() {
		address = netip.IPv4Unspecified() // not a request, such as in tests
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits) // never fails: the address has as many bits
	return network
}

// Sweep is the job that deletes failed logins that no longer count.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "identity.sweep" }

func (i *Identity) sweepLoginFailures(ctx context.Context, _ Sweep) error {
	_, err := i.queries.SweepLoginFailures(ctx)
	return err
}
