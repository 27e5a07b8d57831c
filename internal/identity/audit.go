package identity

import (
	"context"
	"encoding/json"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/request"
)

// event is something that happened to an account. It never holds a secret, nor what somebody typed as a name:
// people type passwords there.
type event struct {
	name   string // domain.what, such as login.failed
	actor  int64  // who did it; 0: whoever the request speaks for
	target int64  // the account it is about; 0: none is known
	detail map[string]string
}

// audit records an event, in the transaction of the change itself.
func audit(ctx context.Context, q *db.Queries, e event) error {
	info := request.From(ctx)
	if e.actor == 0 {
		e.actor = info.Principal.UserID
	}
	if e.detail == nil {
		e.detail = map[string]string{}
	}
	detail, err := json.Marshal(e.detail)
	if err != nil {
		return err
	}
	params := db.RecordAuditEventParams{Event: e.name, ActorID: orNull(e.actor), TargetID: orNull(e.target), Detail: detail}
	if info.Address.IsValid() {
		params.Address = &info.Address
	}
	return q.RecordAuditEvent(ctx, params)
}

func orNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
