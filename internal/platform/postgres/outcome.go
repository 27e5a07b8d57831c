package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// ErrOutcomeUnknown is a transaction that may have been committed or not: COMMIT was sent, and the
// connection was lost before the answer came. The caller must look, or repeat it in a way that
// has its effect once.
var ErrOutcomeUnknown = errors.New("it is not known whether the transaction was committed")

// commit commits, and reports when that is not known to have happened. What the driver calls safe
// to retry is not believed: it says so of a connection that was lost while it waited for the
// answer.
func commit(ctx context.Context, tx pgx.Tx) error {
	canSend := ctx.Err() == nil && !tx.Conn().IsClosed()
	err := tx.Commit(ctx)
	var answer *pgconn.PgError
	switch {
	case err == nil, !canSend, errors.Is(err, pgx.ErrTxCommitRollback):
		return err
	case errors.As(err, &answer) && !isLost(answer.Code): // the server says why it did not commit
		return err
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// isLost reports whether a server, or a pool in front of it, says by a code that it lost its way
// rather than that it rolled back: class 08 is the connection, 40003 an unknown completion,
// 57P02 a server that crashes this moment.
func isLost(code string) bool {
	return strings.HasPrefix(code, "08") || code == "40003" || code == "57P02"
}

// IsTransient reports whether an error says that the database is away, or too busy with others:
// doing the same again later may work.
func IsTransient(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		switch answer.Code {
		case "55P03",
			"40001",
			"40P01",
			"57014": // lock not available, serialization failure, deadlock, statement timeout
			return true
		}
	}
	return IsAway(err)
}

// IsAway reports whether an error says that the server is out of reach, hung up or is going away.
func IsAway(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57P") ||
			answer.Code == "53300" ||
			answer.Code == "25006"
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, puddle.ErrClosedPool) ||
		pgconn.Timeout(err) ||
		errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}
