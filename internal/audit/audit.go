// Package audit owns the log of who did what: what happened to accounts, and every change that
// staff and administrators make, with what was there before and is there after. Rows are added in
// the transaction of what they tell of, and never changed.
//
// Changes of rows are written down by the database: the migration that makes a table staff works on
// says
//
//	SELECT audit_table('webhooks', 'webhook', label => 'url', masked => '{secret}');
//
// and whatever a transaction of postgres.Tx or jobs.Queue.Tx changes in it while it answers such a
// request is in the log. What changes no row of such a table is written down by Record.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// Entry is something that happened. It never holds a secret, nor in Label what is personal, as
// nobody could take it out again.
type Entry struct {
	Event         string // object.what, such as login.failed
	Actor         int64  // who did it; 0: whoever the request speaks for
	ObjectType    string
	ObjectID      string         // empty: none is known
	Label         string         // the object's name; empty: it has none
	Before, After map[string]any // what changed, or nil
	Detail        map[string]any // what else there is to tell
}

// Record writes an entry down, in the transaction of what it tells of.
func Record(ctx context.Context, q *db.Queries, e Entry) error {
	info := request.From(ctx)
	if e.Actor == 0 {
		e.Actor = info.Principal.UserID
	}
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	params := db.RecordAuditEventParams{
		Event:      e.Event,
		Operation:  orNil(info.Operation),
		RequestID:  orNil(info.ID),
		ActorID:    orNil(e.Actor),
		ObjectType: e.ObjectType,
		ObjectID:   orNil(e.ObjectID),
		Label:      orNil(e.Label),
	}
	if info.Address.IsValid() {
		params.Address = &info.Address
	}
	for target, values := range map[*[]byte]map[string]any{&params.Before: e.Before, &params.After: e.After, &params.Detail: e.Detail} {
		if values == nil {
			continue
		}
		text, err := json.Marshal(values)
		if err != nil {
			return err
		}
		*target = text
	}
	return q.RecordAuditEvent(ctx, params)
}

func orNil[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// Log answers the operations on the log.
type Log struct{ planned *db.Queries }

// New makes the domain.
func New(pool *pgxpool.Pool) *Log { return &Log{postgres.Planned(pool)} }

// ListAuditLog answers a page of the log, newest first.
func (l *Log) ListAuditLog(
	ctx context.Context, r api.ListAuditLogRequestObject,
) (api.ListAuditLogResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, nil)
	params := db.ListAuditLogParams{
		ActorID:    p.ActorID,
		Operation:  p.Operation,
		Event:      p.Event,
		ObjectType: p.ObjectType,
		ObjectID:   p.ObjectID,
		RequestID:  p.RequestID,
		FromTime:   p.From,
		ToTime:     p.To,
		PageLimit:  asked.Limit,
	}
	if p.Q != nil {
		params.LabelLike = new(
			"%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(*p.Q) + "%",
		)
	}
	after, err := page.After(p.Cursor, nil, 2)
	if err != nil {
		return nil, err
	}
	if after != nil {
		params.BeforeAt, params.BeforeID = new(time.UnixMicro(after[0])), &after[1]
	}
	rows, err := l.planned.ListAuditLog(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListAuditLog200JSONResponse{
		Items: make([]api.AuditEntry, 0, len(rows)),
		Limit: asked.Limit,
	}
	for _, row := range rows {
		entry, err := entryBody(row)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, entry)
	}
	if len(rows) == int(asked.Limit) {
		last := rows[len(rows)-1]
		body.NextCursor = new(page.Cursor(last.At.UnixMicro(), last.ID))
	}
	return body, nil
}

func entryBody(row db.ListAuditLogRow) (api.AuditEntry, error) {
	entry := api.AuditEntry{
		ID:         row.ID,
		At:         row.At.UTC(),
		Event:      row.Event,
		Operation:  row.Operation,
		RequestID:  row.RequestID,
		ObjectType: row.ObjectType,
		ObjectID:   row.ObjectID,
		Label:      row.Label,
	}
	if row.ActorID != nil {
		entry.Actor = &api.AuditActor{ID: *row.ActorID, Email: row.ActorEmail}
	}
	if row.Address != nil {
		entry.Address = new(row.Address.String())
	}
	for target, stored := range map[*map[string]any][]byte{&entry.Before: row.Before, &entry.After: row.After, &entry.Detail: row.Detail} {
		if stored == nil {
			continue
		}
		read := json.NewDecoder(bytes.NewReader(stored))
		read.UseNumber() // as exact as they were written
		if err := read.Decode(target); err != nil {
			return entry, err
		}
	}
	return entry, nil
}
