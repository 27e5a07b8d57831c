// Package idempotency makes it safe to repeat a request that must have its effect once: the client
// sends an Idempotency-Key, and the answer is kept for a day in the transaction of its effect and
// given again, byte for byte, to a client that sends the same request with the same key. Only what
// was done is kept: a request that was refused may be mended and sent again with its key. Keys are
// an account's own, for each operation.
//
// What happens in one transaction runs in Once. What calls outside in between takes a Lease first.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Errors that clients see.
var (
	ErrReused = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "idempotency_key_reused",
		Resolution: problem.FixRequest,
		Detail:     "This Idempotency-Key was used for another request. Send a new key with a new request.",
	}
	ErrInFlight = &problem.Error{
		Status:     http.StatusConflict,
		Code:       "idempotency_in_flight",
		Resolution: problem.Retry,
		Detail:     "The same request is under way. Send it again with the same key to learn how it ended.",
	}
)

// Call is one request as its key sees it.
type Call struct {
	user        int64
	operation   string
	key         string // empty: the request has none, and nothing is kept
	fingerprint [sha256.Size]byte
}

// NewCall reads a call from its context and its header. parts are all that makes it another
// request: ids of the path and the body.
func NewCall(ctx context.Context, key *string, parts ...any) (Call, error) {
	if key == nil {
		return Call{}, nil
	}
	content, err := json.Marshal(parts)
	if err != nil {
		return Call{}, err
	}
	info := request.From(ctx)
	return Call{info.Principal.UserID, info.Operation, *key, sha256.Sum256(content)}, nil
}

// Answer is what the client gets, the first time and every other.
type Answer struct {
	Status   int
	Body     []byte // JSON; none with 204
	Replayed bool
}

// Write sends the answer.
func (a Answer) Write(w http.ResponseWriter) error {
	if a.Replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	if len(a.Body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}

// NewAnswer makes an answer of a body.
func NewAnswer(status int, body any) (Answer, error) {
	content, err := json.Marshal(body)
	return Answer{Status: status, Body: append(content, '\n')}, err
}

// Once runs effect unless it ran before, and keeps what it answers. q is the transaction of the
// effect: both are committed, or neither. A call that is under way elsewhere is refused at once,
// without waiting for it.
//
// Effect gets keep, which it calls with its answer; statements that should come as late as possible
// may follow.
func Once(
	ctx context.Context, q *db.Queries, call Call,
	effect func(keep func(Answer) error) (Answer, error),
) (Answer, error) {
	if call.key == "" {
		return effect(func(Answer) error { return nil })
	}
	free, err := q.TryIdempotencyKey(
		ctx, strconv.FormatInt(call.user, 10), call.operation, call.key,
	)
	if err != nil {
		return Answer{}, err
	}
	if !free {
		return Answer{}, ErrInFlight
	}
	known, err := call.known(ctx, q)
	if err != nil || known != nil {
		return optional.Value(known), err
	}
	return effect(func(answer Answer) error {
		return q.StoreIdempotencyKey(ctx, db.StoreIdempotencyKeyParams{
			UserID:      call.user,
			Operation:   call.operation,
			Key:         call.key,
			Fingerprint: call.fingerprint[:],
			Status:      int32(answer.Status),
			Body:        answer.Body,
		})
	})
}

// known is the answer the key has already, nil when it has none.
func (c Call) known(ctx context.Context, q *db.Queries) (*Answer, error) {
	row, err := q.GetIdempotencyKey(ctx, c.user, c.operation, c.key)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(row.Fingerprint, c.fingerprint[:]):
		return nil, ErrReused
	case row.Status != nil:
		return &Answer{Status: int(*row.Status), Body: row.Body, Replayed: true}, nil
	case row.IsLeased:
		return nil, ErrInFlight
	}
	return nil, nil
}

// Sweep is a job that forgets keys after a day.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "idempotency.sweep" }
