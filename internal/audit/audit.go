// Package audit owns the audit log: events of accounts, and every change that staff and
// administrators make, with the values before and after. Entries are added in the transaction of
// the change and never modified.
//
// The database records changes of rows by triggers. The migration that creates a table staff works
// on says
//
//	SELECT audit_table('webhooks', 'webhook', label => 'url', masked => '{secret}');
//
// and every change of it in a transaction of postgres.Tx or jobs.Queue.Tx during such a request is
// in the log. Record adds entries for actions that change no row of such a table.
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
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// Entry is an entry to add. It never holds a secret, and Label holds nothing personal: entries
// cannot be modified, so it could not be removed.
type Entry struct {
	Event         string // object.what, such as login.failed
	Actor         int64  // who did it; 0: the account the request speaks for
	ObjectType    string
	ObjectID      string         // empty: unknown
	Label         string         // the object's name; empty: it has none
	Before, After map[string]any // what changed, or nil
	Detail        map[string]any // further facts, or nil
}

// Record adds an entry, in the transaction of the change it describes.
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
		Operation:  optional.Of(info.Operation),
		RequestID:  optional.Of(info.ID),
		ActorID:    optional.Of(e.Actor),
		KeyID:      keyID(info),
		ObjectType: e.ObjectType,
		ObjectID:   optional.Of(e.ObjectID),
		Label:      optional.Of(e.Label),
	}
	if info.Address.IsValid() {
		params.Address = &info.Address
	}
	for target, values := range map[*[]byte]map[string]any{
		&params.Before: e.Before,
		&params.After:  e.After,
		&params.Detail: e.Detail,
	} {
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

func keyID(info *request.Info) *int64 {
	if key := info.Principal.Key; key != nil {
		return &key.ID
	}
	return nil
}

// Log handles the operations on the log.
type Log struct{ planned *db.Queries }

// New makes the domain.
func New(pool *pgxpool.Pool) *Log { return &Log{postgres.Planned(pool)} }

// ListAuditLog returns a page of the log, newest first.
func (l *Log) ListAuditLog(
	ctx context.Context, r api.ListAuditLogRequestObject,
) (api.ListAuditLogResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 2, p.Limit, nil, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListAuditLogParams{
		ActorID:    p.ActorID,
		KeyID:      p.APIKeyID,
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
	if asked.HasCursor() {
		params.BeforeAt, params.BeforeID = new(time.UnixMicro(*asked.Key(0))), asked.Key(1)
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
	body.NextCursor = page.Next(asked, rows, func(row db.ListAuditLogRow) page.Keys {
		return page.Keys{row.At.UnixMicro(), row.ID}
	})
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
	if row.KeyID != nil {
		entry.APIKey = &api.AuditKey{ID: *row.KeyID, Name: optional.Value(row.KeyName)}
	}
	if row.Address != nil {
		entry.Address = new(row.Address.String())
	}
	for target, stored := range map[*map[string]any][]byte{
		&entry.Before: row.Before,
		&entry.After:  row.After,
		&entry.Detail: row.Detail,
	} {
		if stored == nil {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(stored))
		decoder.UseNumber() // numbers exactly as they were stored
		if err := decoder.Decode(target); err != nil {
			return entry, err
		}
	}
	return entry, nil
}
