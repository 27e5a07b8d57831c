// Package postgres connects to PostgreSQL, runs transactions and migrates the schema.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

// runtimeParameters are set for every connection. The timeouts prevent a request from holding a row
// or a connection for long.
var runtimeParameters = map[string]string{
	"application_name":                    "shopd",
	"timezone":                            "UTC",
	"statement_timeout":                   "5s",
	"lock_timeout":                        "3s",
	"idle_in_transaction_session_timeout": "10s",
	"jit":                                 "off",
	// Many requests run at once, so each uses one core.
	"max_parallel_workers_per_gather": "0",
	// Data is on solid-state disks and in memory: a thousand look-ups are faster than a table scan.
	"random_page_cost": "1.1",
	// A search of the vector index compares 500 vectors, which finds 95 % of the ten nearest of
	// 100,000; more if filters leave too few of them, up to 10,000.
	"hnsw.ef_search":       "500",
	"hnsw.iterative_scan":  "relaxed_order",
	"hnsw.max_scan_tuples": "10000",
}

// Open returns a pool of at most size connections. It does not wait for the server: see WaitReady.
// tracer, which may be nil, is called for every statement. log, which may be nil, gets a line when
// the server begins to hang, and one when it responds again.
func Open(
	ctx context.Context, url string, size int32, tracer pgx.QueryTracer, log *slog.Logger,
) (*pgxpool.Pool, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause is left out: it would show the password.
		return nil, errors.New("DATABASE_URL: not a valid PostgreSQL URL")
	}
	for name, value := range runtimeParameters {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.ConnConfig.ConnectTimeout = time.Second
	config.ConnConfig.Tracer = newImpatient(tracer)
	config.MaxConns = size
	config.MinIdleConns = min(2, size)
	config.MaxConnLifetime = time.Hour
	config.MaxConnIdleTime = 10 * time.Minute
	config.AfterConnect = registerTypes
	newBreaker(config.ConnConfig, log)
	return pgxpool.NewWithConfig(ctx, config)
}

// registerTypes registers the types of pgvector with a connection, if the extension is installed.
func registerTypes(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_type WHERE typname = 'halfvec')").
		Scan(&exists)
	if err != nil || !exists {
		return err
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

// WaitReady waits until the server responds, or returns an error after timeout. waiting is called
// about each second with the reason.
func WaitReady(
	ctx context.Context, pool *pgxpool.Pool, timeout time.Duration, waiting func(error),
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
		waiting(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// maxAttempts is how often a transaction runs that ends with a deadlock or serialization failure.
const maxAttempts = 4

// Tx runs work in one transaction, which is committed if work returns nil. After a deadlock or a
// serialization failure it runs work again, so work must have no effects outside the database.
//
// Changes by staff are written to the audit log in the same transaction: see Begin.
func Tx(ctx context.Context, pool *pgxpool.Pool, work func(*db.Queries) error) error {
	return InTx(ctx, pool, func(tx pgx.Tx) error { return work(db.New(tx)) })
}

// InTx is like Tx, for work that needs the transaction itself.
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

// Begin returns the options of a transaction. In a request with which staff changes something,
// BEGIN also sets shopd.audit to the account and the operation. The triggers of audit_table then
// write each change of a row to the audit log.
func Begin(ctx context.Context) pgx.TxOptions {
	info := request.From(ctx)
	if !info.Audited {
		return pgx.TxOptions{}
	}
	actor := struct {
		Operation string      `json:"operation"`
		Request   string      `json:"request"`
		Actor     *int64      `json:"actor"`
		Key       *int64      `json:"key"`
		Address   *netip.Addr `json:"address"`
	}{Operation: info.Operation, Request: info.ID, Actor: request.Actor(ctx)}
	if key := info.Principal.Key; key != nil {
		actor.Key = &key.ID
	}
	if info.Address.IsValid() {
		address := info.Address.WithZone("")
		actor.Address = &address
	}
	text, err := json.Marshal(actor)
	if err != nil {
		panic(err) // never: it consists of texts and numbers
	}
	quoted := "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
	return pgx.TxOptions{BeginQuery: "BEGIN; SET LOCAL shopd.audit = " + quoted}
}

// Retry runs a transaction, and runs it again after a deadlock or a serialization failure.
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

// NotFound returns notFound if err is pgx.ErrNoRows, and else err.
func NotFound(err, notFound error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound
	}
	return err
}

// Violates reports whether err is a violation of the named constraint.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// Planned returns queries whose statements are planned for their arguments each time (0.1 to 0.5
// ms). Such a plan leaves out the optional filters and orders of a list query that are null, while
// the plan of a prepared statement contains all of them.
func Planned(pool *pgxpool.Pool) *db.Queries { return db.New(planned{pool}) }

type planned struct{ *pgxpool.Pool }

func (p planned) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.Pool.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

func (p planned) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return p.Pool.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}
