package idempotency

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrLost is an answer that comes too late: the lease ran out, and another took it.
var ErrLost = problem.Conflict(
	"idempotency_lost",
	"This took too long, and the same request was taken up again. Send it once more to learn how it ended.",
)

// Lease is the right to finish a call that leaves the database in between, such as one to a payment
// provider.
type Lease struct {
	call    Call
	attempt int64
}

// Take takes the lease of a call and commits it at once; q is no transaction. A crash in the middle
// of the call keeps its key from being used again for so long, which must be more than the call may
// take. It answers a lease, or the answer the key has already, or ErrInFlight. A call without a key
// gets a lease that keeps nothing.
func Take(
	ctx context.Context, q *db.Queries, call Call, leased time.Duration,
) (*Lease, *Answer, error) {
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
	if err == nil && known == nil { // it was given back in between
		err = ErrInFlight
	}
	return nil, known, err
}

// Resumed reports whether somebody took the lease before and did not finish: what they began may
// have happened.
func (l *Lease) Resumed() bool { return l.attempt > 1 }

// Keep keeps the answer in the transaction q of the effect; ErrLost when the lease is not ours any
// more.
func (l *Lease) Keep(ctx context.Context, q *db.Queries, answer Answer) error {
	if l.call.key == "" {
		return nil
	}
	kept, err := q.FinishIdempotencyKey(ctx, db.FinishIdempotencyKeyParams{
		Status:    int32(answer.Status),
		Body:      answer.Body,
		UserID:    l.call.user,
		Operation: l.call.operation,
		Key:       l.call.key,
		Attempt:   l.attempt,
	})
	if err == nil && kept == 0 {
		return ErrLost
	}
	return err
}

// GiveBack ends the lease of a call that had no effect: its key is as good as unused.
func (l *Lease) GiveBack(ctx context.Context, q *db.Queries) error {
	if l.call.key == "" {
		return nil
	}
	return q.ReleaseIdempotencyKey(ctx, db.ReleaseIdempotencyKeyParams{
		UserID: l.call.user, Operation: l.call.operation, Key: l.call.key, Attempt: l.attempt,
	})
}

// Leave ends the lease of a call that failed without knowing what it did: another may take it up
// now rather than when the lease runs out.
func (l *Lease) Leave(ctx context.Context, q *db.Queries) error {
	if l.call.key == "" {
		return nil
	}
	return q.ExpireIdempotencyLease(ctx, db.ExpireIdempotencyLeaseParams{
		UserID: l.call.user, Operation: l.call.operation, Key: l.call.key, Attempt: l.attempt,
	})
}

// End ends the lease of a call that ended with an error instead of an answer. A refusal, which is
// told as a problem, had no effect; after any other error that is uncertain.
func (l *Lease) End(ctx context.Context, q *db.Queries, err error) error {
	var refused *problem.Error
	if errors.As(err, &refused) {
		return errors.Join(err, l.GiveBack(ctx, q))
	}
	return errors.Join(err, l.Leave(ctx, q))
}
