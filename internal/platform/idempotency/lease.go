package idempotency

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrLost is returned for a response that comes too late: the lease expired, and a repetition of
// the request took it.
var ErrLost = problem.Conflict(
	"idempotency_lost",
	"This took too long, and the same request was taken up again. "+
		"Send it once more to learn how it ended.",
)

// Lease is the right to finish a call that waits for another server in between, such as a payment
// provider.
type Lease struct {
	call    Call
	attempt int64
}

// Take takes the lease of a call and commits it immediately, so q must not be a transaction. It
// returns the lease, or the stored response of the call, or ErrInFlight.
//
// If the process crashes, the key cannot be used again for the duration leased, which must be
// longer than the call may take. A call without a key gets a lease that stores nothing.
func Take(
	ctx context.Context, q *db.Queries, call Call, leased time.Duration,
) (*Lease, *Response, error) {
	if call.key == "" {
		return &Lease{call: call, attempt: 1}, nil, nil
	}
	attempt, err := q.LeaseIdempotencyKey(ctx, db.LeaseIdempotencyKeyParams{
		UserID:      call.user,
		Operation:   call.operation,
		Key:         call.key,
		Fingerprint: call.fingerprint[:],
		Seconds:     leased.Seconds(),
	})
	if err == nil {
		return &Lease{call, attempt}, nil, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, err
	}
	known, err := call.known(ctx, q)
	if err == nil && known == nil { // it was released in between
		err = ErrInFlight
	}
	return nil, known, err
}

// Resumed reports whether the lease was taken before and the call did not finish then: it may have
// had its effect.
func (l *Lease) Resumed() bool { return l.attempt > 1 }

// Store stores the response, in the transaction q of the effect. It returns ErrLost if another
// request has taken the lease.
func (l *Lease) Store(ctx context.Context, q *db.Queries, response Response) error {
	if l.call.key == "" {
		return nil
	}
	stored, err := q.FinishIdempotencyKey(ctx, db.FinishIdempotencyKeyParams{
		Status:    int32(response.Status),
		Body:      response.Body,
		UserID:    l.call.user,
		Operation: l.call.operation,
		Key:       l.call.key,
		Attempt:   l.attempt,
	})
	if err == nil && stored == 0 {
		return ErrLost
	}
	return err
}

// Release ends the lease of a call that had no effect. Its key can be used as if it were new.
func (l *Lease) Release(ctx context.Context, q *db.Queries) error {
	if l.call.key == "" {
		return nil
	}
	return q.ReleaseIdempotencyKey(ctx, db.ReleaseIdempotencyKeyParams{
		UserID: l.call.user, Operation: l.call.operation, Key: l.call.key, Attempt: l.attempt,
	})
}

// Abandon ends the lease of a call that failed with an uncertain effect. A repetition can resume
// the call immediately, instead of when the lease expires.
func (l *Lease) Abandon(ctx context.Context, q *db.Queries) error {
	if l.call.key == "" {
		return nil
	}
	return q.ExpireIdempotencyLease(ctx, db.ExpireIdempotencyLeaseParams{
		UserID: l.call.user, Operation: l.call.operation, Key: l.call.key, Attempt: l.attempt,
	})
}

// End ends the lease of a call that returned an error instead of a response. A problem means that
// the call had no effect; after any other error that is uncertain.
func (l *Lease) End(ctx context.Context, q *db.Queries, err error) error {
	var refused *problem.Error
	if errors.As(err, &refused) {
		return errors.Join(err, l.Release(ctx, q))
	}
	return errors.Join(err, l.Abandon(ctx, q))
}
