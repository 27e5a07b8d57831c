// Package postgres connects to PostgreSQL, runs transactions and keeps the schema current.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvec "github.com/pgvector/pgvector-go/pgx"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// Limits of every statement: no request may hold a row or a connection for long.
var runtimeParameters = map[string]string{
	"application_name":                    "shopd",
	"timezone":                            "UTC",
	"statement_timeout":                   "5s",
	"lock_timeout":                        "3s",
	"idle_in_transaction_session_timeout": "10s",
	"jit":                                 "off",
	"max_parallel_workers_per_gather":     "0",             // many ask at once: each takes one core
	"random_page_cost":                    "1.1",           // data lies on solid-state disks and in memory: a thousand look-ups beat reading a table
	"hnsw.ef_search":                      "500",           // vectors compared at least: so many find 95 % of the ten nearest of 100,000
	"hnsw.iterative_scan":                 "relaxed_order", // more of them when filters leave too few
	"hnsw.max_scan_tuples":                "10000",         // but no more than these: what is asked for is elsewhere
}

// Open makes a pool of at most size connections. It does not wait for the server: see WaitReady.
// tracer, which may be nil, sees every statement.
func Open(
	ctx context.Context, url string, size int32, tracer pgx.QueryTracer,
) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New(
			"DATABASE_URL: not a valid PostgreSQL URL",
		) // the cause would show the password
	}
	for name, value := range runtimeParameters {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.ConnConfig.ConnectTimeout = time.Second
	config.ConnConfig.Tracer = tracer
	config.MaxConns = size
	config.MinIdleConns = min(2, size)
	config.MaxConnLifetime = time.Hour
	config.MaxConnIdleTime = 10 * time.Minute
	config.AfterConnect = registerTypes
	newBreaker(config.ConnConfig)
	return pgxpool.NewWithConfig(ctx, config)
}

// registerTypes teaches a connection the vector types, once a migration has made them.
func registerTypes(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_type WHERE typname = 'halfvec')").
		Scan(&exists); err != nil {
		return err
	}
	if !exists {
		return nil
	}
	if err := pgxvec.RegisterTypes(ctx, conn); err != nil {
		return err
	}
	types := conn.TypeMap()
	if half, ok := types.TypeForName("halfvec"); ok {
		types.RegisterType(&pgtype.Type{Name: half.Name, OID: half.OID, Codec: halfVectors{}})
	}
	return nil
}

// WaitReady asks the server until it answers or the time is over, telling say each second what it
// waits for.
func WaitReady(
	ctx context.Context, pool *pgxpool.Pool, timeout time.Duration, say func(error),
) error {
	deadline := time.Now().Add(timeout)
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := pool.Ping(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			c := pool.Config().ConnConfig
			return fmt.Errorf(
				"PostgreSQL at %s:%d (database %s) did not answer within %s: %w", c.Host, c.Port,
				c.Database, timeout, err,
			)
		}
		say(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// Attempts at a transaction that the database rolled back for another's sake.
const maxAttempts = 4

// Tx runs work in one transaction and commits if it returns nil. Deadlocks and serialization
// failures run it again, so work must not have effects outside the database.
//
// What staff changes in it is written down with it: see Begin.
func Tx(ctx context.Context, pool *pgxpool.Pool, work func(*db.Queries) error) error {
	return InTx(ctx, pool, func(tx pgx.Tx) error { return work(db.New(tx)) })
}

// InTx is Tx for work that needs the transaction itself.
func InTx(ctx context.Context, pool *pgxpool.Pool, work func(pgx.Tx) error) error {
	return Retry(func() error {
		tx, err := pool.BeginTx(ctx, Begin(ctx))
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }() // after a commit it does nothing
		if err := work(tx); err != nil {
			return err
		}
		return commit(ctx, tx)
	})
}

// Begin is how a transaction begins. In a request by which staff changes something, the same round
// trip says who does it and by what, and the triggers of audit_table write each change of a row
// down.
func Begin(ctx context.Context) pgx.TxOptions {
	info := request.From(ctx)
	if !info.Audited {
		return pgx.TxOptions{}
	}
	actor := struct {
		Operation string      `json:"operation"`
		Request   string      `json:"request"`
		Actor     int64       `json:"actor"`
		Address   *netip.Addr `json:"address"`
	}{Operation: info.Operation, Request: info.ID, Actor: info.Principal.UserID}
	if info.Address.IsValid() {
		address := info.Address.WithZone("")
		actor.Address = &address
	}
	text, err := json.Marshal(actor)
	if err != nil {
		panic(err) // it is made of texts and numbers
	}
	return pgx.TxOptions{
		BeginQuery: "BEGIN; SET LOCAL shopd.audit = '" + strings.ReplaceAll(
			string(text), "'", "''",
		) + "'",
	}
}

// Retry runs a transaction again that the database rolled back for another's sake.
func Retry(transaction func() error) error {
	for attempt := 1; ; attempt++ {
		err := transaction()
		if attempt == maxAttempts || !isRetryable(err) {
			return err
		}
	}
}

func isRetryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// NotFound returns notFound if err says that a query returned no row, else err; nil stays nil.
func NotFound(err, notFound error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound
	}
	return err
}

// Violates reports whether err is a breach of the named unique or foreign key constraint.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// Planned runs statements with a plan made for their arguments. A prepared plan keeps every
// optional filter and order of a list query; one made for the arguments drops those that are null,
// at the cost of planning each time (0.1 to 0.5 ms).
func Planned(pool *pgxpool.Pool) *db.Queries { return db.New(planned{pool}) }

type planned struct{ *pgxpool.Pool }

func (p planned) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.Pool.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

func (p planned) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return p.Pool.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}
