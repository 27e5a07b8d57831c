// Package cart owns what customers mean to buy: the cart of an account, or a guest's, which an
// opaque token opens. A cart stores variants and quantities. Prices and stock are read whenever it
// is shown. Every change locks the cart's row first, so that changes of a cart, and its checkout,
// happen one after the other.
package cart

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/bulkhead"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// Limits of a cart.
const (
	MaxLines    = 100
	MaxQuantity = 10_000
)

// Settings of the domain.
type Settings struct {
	Bulkhead    *bulkhead.Bulkhead // shared with all that locks rows many lock; nil: none
	Currency    money.Currency
	MediaPrefix string // what addresses of images begin with
}

// Carts serves the cart operations.
type Carts struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	settings Settings
}

// New returns the domain, with its jobs registered in queue.
func New(pool *pgxpool.Pool, queue *jobs.Queue, settings Settings) *Carts {
	c := &Carts{pool: pool, queries: db.New(pool), settings: settings}
	jobs.Handle(queue, func(ctx context.Context, _ Sweep) error {
		_, err := c.queries.SweepGuestCarts(ctx)
		return err
	})
	queue.Every(time.Hour, Sweep{})
	return c
}

// Sweep is the job that deletes guests' carts that were not changed for a month.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "cart.sweep" }

// Forget removes the cart of an account that is being deleted.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.DeleteAccountCart(ctx, &user)
}

// lock locks the caller's cart: the account's, which is created if it has none, or the one that a
// guest's token opens. Without a token a guest has none, and lock returns ErrNotFound.
func lock(ctx context.Context, q *db.Queries, token *string) (db.Cart, error) {
	if user := request.From(ctx).Principal.UserID; user != 0 {
		row, err := q.LockAccountCart(ctx, &user)
		return db.Cart{ID: row.ID, UserID: &user, Version: row.Version}, err
	}
	if token == nil {
		return db.Cart{}, ErrNotFound
	}
	cart, err := q.LockGuestCart(ctx, hash(*token))
	return cart, postgres.NotFound(err, ErrNotFound)
}

// lockOrBegin locks the caller's cart like lock. For a guest without a token it creates a cart, and
// returns its token.
func lockOrBegin(
	ctx context.Context, q *db.Queries, token *string,
) (cart db.Cart, newToken *string, err error) {
	if token != nil || request.From(ctx).Principal.UserID != 0 {
		cart, err = lock(ctx, q, token)
		return cart, nil, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	text := base64.RawURLEncoding.EncodeToString(random[:])
	cart, err = q.CreateGuestCart(ctx, hash(text))
	return cart, &text, err
}

// hash returns the hash of a guest's token, which is all that is stored of it.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tx runs work in a transaction that locks the caller's cart, and those that tokens open, inside
// the bulkhead.
func (c *Carts) tx(ctx context.Context, tokens []*string, work func(*db.Queries) error) error {
	var names []string
	if user := request.From(ctx).Principal.UserID; user != 0 {
		names = append(names, LockName(user))
	}
	for _, token := range tokens {
		if token != nil {
			names = append(names, "cart:"+string(hash(*token)))
		}
	}
	return c.settings.Bulkhead.Do(ctx, names, func() error {
		return postgres.Tx(ctx, c.pool, work)
	})
}

// LockName returns the name under which an account's cart is locked inside the bulkhead.
func LockName(user int64) string { return fmt.Sprintf("cart:%d", user) }

// edit runs work on the caller's locked cart in a transaction, unless ifMatch names another version
// of it. It returns the cart after the change, and its ETag.
func (c *Carts) edit(
	ctx context.Context, token, ifMatch *string, work func(q *db.Queries, cart int64) error,
) (body api.Cart, tag *string, err error) {
	err = c.tx(ctx, []*string{token}, func(q *db.Queries) error {
		cart, err := lock(ctx, q, token)
		if err != nil {
			return err
		}
		if err := version.Check(ifMatch, cart.Version); err != nil {
			return err
		}
		if err := work(q, cart.ID); err != nil {
			return err
		}
		body, tag, err = c.touch(ctx, q, cart.ID)
		return err
	})
	return body, tag, err
}

// touch raises the version of a locked cart and returns the cart as it is now, and its ETag.
func (c *Carts) touch(ctx context.Context, q *db.Queries, cart int64) (api.Cart, *string, error) {
	now, err := q.TouchCart(ctx, cart)
	if err != nil {
		return api.Cart{}, nil, err
	}
	return c.show(ctx, q, cart, now)
}
