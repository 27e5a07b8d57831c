package identity

import (
	"context"
	"strconv"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
)

// event is something that happened to an account, for the audit log. It never holds a secret, nor
// what was typed as the name of a login: people type passwords there.
type event struct {
	name          string // domain.what, such as login.failed
	actor         int64  // who did it; 0: the account the request speaks for
	target        int64  // the account it is about; 0: unknown
	before, after map[string]any
}

// record adds an event to the audit log, in the transaction of the change itself.
func record(ctx context.Context, q *db.Queries, e event) error {
	entry := audit.Entry{
		Event:      e.name,
		Actor:      e.actor,
		ObjectType: "account",
		Before:     e.before,
		After:      e.after,
	}
	if e.target != 0 {
		entry.ObjectID = strconv.FormatInt(e.target, 10)
	}
	return audit.Record(ctx, q, entry)
}
