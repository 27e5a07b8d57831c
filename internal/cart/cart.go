// Package cart owns what somebody means to buy: an account's cart, or a guest's, which an opaque
// token opens. A cart remembers variants and numbers; prices and stock are looked up whenever it is
// shown. Every change locks the cart's row first, so changes of one cart, and its checkout, happen
// one after the other.
package cart

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Limits of a cart.
const (
	MaxLines    = 100
	MaxQuantity = 10_000
)

// Errors clients are told about.
var (
	ErrNotFound = problem.NotFound(
		"cart_not_found", "The token opens no cart. Leave X-Cart-Token out and begin another.",
	)
	ErrNoLine = problem.NotFound("cart_line_not_found", "The product is not in the cart.")
	ErrFull   = problem.Conflict(
		"cart_full", "The cart has 100 lines, which is the most. Take something out first.",
	)
	errTooMany = problem.Invalid(
		problem.Field{
			Pointer: "/quantity",
			Message: "would make more than 10000 units of the line",
		},
	)
	errOneOfThese = problem.Invalid(
		problem.Field{Pointer: "", Message: "needs quantity or delta, and not both"},
	)
)

// Settings of the domain.
type Settings struct {
	Currency    money.Currency
	MediaPrefix string // what addresses of images begin with
}

// Carts answers the cart operations.
type Carts struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, settings Settings) *Carts {
	return &Carts{pool: pool, queries: db.New(pool), settings: settings}
}

// Forget removes the cart of an account that is deleted.
func Forget(ctx context.Context, q *db.Queries, user int64) error {
	return q.DeleteAccountCart(ctx, &user)
}

// lock finds the caller's cart and locks it. The account's cart is made when it is first needed; a
// guest needs a token.
func lock(ctx context.Context, q *db.Queries, token *string) (db.Cart, error) {
	if user := request.From(ctx).Principal.UserID; user != 0 {
		row, err := q.LockAccountCart(ctx, &user)
		return db.Cart{ID: row.ID, UserID: &user, Version: row.Version}, err
	}
	if token == nil {
		return db.Cart{}, ErrNotFound
	}
	cart, err := q.LockGuestCart(ctx, hash(*token))
	if errors.Is(err, pgx.ErrNoRows) {
		return db.Cart{}, ErrNotFound
	}
	return cart, err
}

// open is lock, and begins a cart for a guest without one, whose token it answers.
func open(
	ctx context.Context, q *db.Queries, token *string,
) (cart db.Cart, made *string, err error) {
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

// hash is what is kept of a token.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// add puts units of a product into a locked cart.
func add(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64, quantity int32,
) error {
	found, err := q.FindSellable(ctx, product, variant)
	switch {
	case err != nil:
		return err
	case len(found) == 0 && variant != nil:
		return inventory.ErrNoVariant
	case len(found) == 0:
		return inventory.ErrNoProduct
	case len(found) > 1:
		return inventory.ErrVariantRequired
	}
	it := found[0]
	has, err := q.CountCartLines(ctx, it.ID, cart)
	if err != nil {
		return err
	}
	sum := has.Quantity + quantity
	available := it.Stock
	if !it.IsActive {
		available = 0
	}
	switch {
	case has.Quantity == 0 && has.Lines >= MaxLines:
		return ErrFull
	case sum > MaxQuantity:
		return errTooMany
	case !it.IsActive, it.TrackInventory && sum > it.Stock:
		return insufficient(available, has.Quantity)
	}
	return q.SetCartLine(
		ctx,
		db.SetCartLineParams{
			CartID:     cart,
			VariantID:  it.ID,
			Quantity:   sum,
			PriceMinor: it.UnitMinor,
		},
	)
}

// change sets or steps the units of a line; at none it is gone.
func change(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64, quantity, delta *int32,
) error {
	if (quantity == nil) == (delta == nil) {
		return errOneOfThese
	}
	line, err := find(ctx, q, cart, product, variant)
	if err != nil {
		return err
	}
	wanted := int32(0)
	if quantity != nil {
		wanted = *quantity
	} else {
		wanted = line.Quantity + *delta
	}
	switch {
	case wanted <= 0:
		return q.DeleteCartLine(ctx, cart, line.VariantID)
	case wanted > MaxQuantity:
		return errTooMany
	case wanted <= line.Quantity: // fewer is fine even when there are not that many
	case !line.IsSold:
		return insufficient(0, line.Quantity)
	case line.TrackInventory && wanted > line.Stock:
		return insufficient(line.Stock, line.Quantity)
	}
	return q.SetCartLine(
		ctx,
		db.SetCartLineParams{
			CartID:     cart,
			VariantID:  line.VariantID,
			Quantity:   wanted,
			PriceMinor: line.UnitMinor,
		},
	)
}

// find answers the one line that a product, or a variant of it, has in a cart.
func find(
	ctx context.Context, q *db.Queries, cart, product int64, variant *int64,
) (db.FindCartLinesRow, error) {
	lines, err := q.FindCartLines(ctx, cart, product, variant)
	switch {
	case err != nil:
		return db.FindCartLinesRow{}, err
	case len(lines) == 0:
		return db.FindCartLinesRow{}, ErrNoLine
	case len(lines) > 1:
		return db.FindCartLinesRow{}, inventory.ErrVariantRequired
	}
	return lines[0], nil
}

// insufficient tells how many units can be had.
func insufficient(available, inCart int32) error {
	message := fmt.Sprintf("%d are available", available)
	if inCart > 0 {
		message += fmt.Sprintf(", and %d are in the cart already", inCart)
	}
	return inventory.ErrInsufficient.Detailf("There are not that many units: %s.", message).
		With(problem.Field{Pointer: "/quantity", Message: message})
}

// Sweep is a job that forgets guests' carts nobody changed for a month.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "cart.sweep" }

// AddWorkers registers what works the domain's jobs.
func (c *Carts) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[Sweep]) error {
		_, err := c.queries.SweepGuestCarts(ctx)
		return err
	}))
}
