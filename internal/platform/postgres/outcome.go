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

// ErrOutcomeUnknown is returned for a transaction that may or may not have been committed: COMMIT
// was sent, and the connection was lost before the response arrived. The caller must find out, or
// repeat the transaction in a way that has its effect only once.
var ErrOutcomeUnknown = errors.New("it is not known whether the transaction was committed")

// commit commits a transaction. It returns ErrOutcomeUnknown if it is not known whether the server
// did. It does not rely on pgconn.SafeToRetry, which is true even for a connection that was lost
// after COMMIT was sent.
func commit(ctx context.Context, tx pgx.Tx) error {
	canSend := ctx.Err() == nil && !tx.Conn().IsClosed()
	err := tx.Commit(ctx)
	var pg *pgconn.PgError
	switch {
	case err == nil, !canSend, errors.Is(err, pgx.ErrTxCommitRollback):
		return err
	case errors.As(err, &pg) && !isLost(pg.Code): // the server says why it did not commit
		return err
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// isLost reports whether a code, of the server or of a connection pool in front of it, leaves open
// whether a transaction was committed: class 08 is a lost connection, 40003 an unknown completion,
// 57P02 a server that is crashing.
func isLost(code string) bool {
	return strings.HasPrefix(code, "08") || code == "40003" || code == "57P02"
}

// IsTransient reports whether an error means that the database is out of reach or too busy: the
// same call may work later.
func IsTransient(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		// Lock not available, serialization failure, deadlock, statement timeout; disk full, out of
		// memory.
		case "55P03", "40001", "40P01", "57014", "53100", "53200":
			return true
		}
	}
	return IsAway(err)
}

// IsAway reports whether an error means that the server is out of reach, closed the connection, is
// shutting down, has no connections left or is read-only.
func IsAway(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") ||
			pg.Code == "53300" || pg.Code == "25006"
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) ||
		errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}
