// Package idempotency makes it safe to repeat a request that must have its effect once.
//
// The client sends an Idempotency-Key. The response is stored for a day, in the transaction of its
// effect. If the client sends the same request with the same key again, it gets the stored
// response, byte for byte. The response of a request that was refused is not stored, so the client
// may correct the request and send it again with its key. Keys belong to one account, or one API
// key, and one operation.
//
// An effect of one transaction runs in Once. An effect with a call to another server in between
// takes a Lease first.
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
		Detail: "This Idempotency-Key was used for another request. " +
			"Send a new key with a new request.",
	}
	ErrInFlight = &problem.Error{
		Status:     http.StatusConflict,
		Code:       "idempotency_in_flight",
		Resolution: problem.Retry,
		Detail: "The same request is under way. " +
			"Send it again with the same key to learn how it ended.",
	}
)

// Call identifies a request by its account, operation and Idempotency-Key.
type Call struct {
	user        int64
	operation   string
	key         string            // empty: the request has none, so its response is not stored
	fingerprint [sha256.Size]byte // of the request; the same key with another one is refused
}

// NewCall returns the call of the request in ctx, with the key that its header holds. parts are the
// values in which another request would differ: ids of the path and the body.
func NewCall(ctx context.Context, key *string, parts ...any) (Call, error) {
	if key == nil {
		return Call{}, nil
	}
	content, err := json.Marshal(parts)
	if err != nil {
		return Call{}, err
	}
	info := request.From(ctx)
	return Call{info.Principal.Owner(), info.Operation, *key, sha256.Sum256(content)}, nil
}

// Response is the response that the client gets, the first time and every other time.
type Response struct {
	Status   int
	Body     []byte // JSON; none with 204
	Replayed bool
}

// Write sends the response.
func (r Response) Write(w http.ResponseWriter) error {
	if r.Replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	if len(r.Body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(r.Status)
	_, err := w.Write(r.Body)
	return err
}

// NewResponse returns a response with body as JSON.
func NewResponse(status int, body any) (Response, error) {
	content, err := json.Marshal(body)
	return Response{Status: status, Body: append(content, '\n')}, err
}

// Once runs effect and stores its response, or returns the response that is stored already. q is
// the transaction of the effect, so the effect and the response are committed together. While the
// same call is under way elsewhere it returns ErrInFlight, without waiting.
//
// effect calls store with its response. Statements that should run as late as possible may follow.
func Once(
	ctx context.Context, q *db.Queries, call Call,
	effect func(store func(Response) error) (Response, error),
) (Response, error) {
	if call.key == "" {
		return effect(func(Response) error { return nil })
	}
	free, err := q.TryIdempotencyKey(
		ctx, strconv.FormatInt(call.user, 10), call.operation, call.key,
	)
	if err != nil {
		return Response{}, err
	}
	if !free {
		return Response{}, ErrInFlight
	}
	known, err := call.known(ctx, q)
	if err != nil || known != nil {
		return optional.Value(known), err
	}
	return effect(func(response Response) error {
		return q.StoreIdempotencyKey(ctx, db.StoreIdempotencyKeyParams{
			UserID:      call.user,
			Operation:   call.operation,
			Key:         call.key,
			Fingerprint: call.fingerprint[:],
			Status:      int32(response.Status),
			Body:        response.Body,
		})
	})
}

// known returns the stored response of the call, or nil if there is none.
func (c Call) known(ctx context.Context, q *db.Queries) (*Response, error) {
	row, err := q.GetIdempotencyKey(ctx, c.user, c.operation, c.key)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(row.Fingerprint, c.fingerprint[:]):
		return nil, ErrReused
	case row.Status != nil:
		return &Response{Status: int(*row.Status), Body: row.Body, Replayed: true}, nil
	case row.IsLeased:
		return nil, ErrInFlight
	}
	return nil, nil
}

// Sweep is the job that deletes keys after a day.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "idempotency.sweep" }
