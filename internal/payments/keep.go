package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/record"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// keep settles a payment with what the provider answered, if it did, and keeps the answer for the
// key with it.
func (p *Payments) keep(
	ctx context.Context, lease *idempotency.Lease, id int64, result *provider.Result,
) (*idempotency.Answer, error) {
	var kept idempotency.Answer
	surplus := false
	err := p.inTx(ctx, nil, func(t tx) error {
		payment, err := t.q.GetPayment(ctx, id)
		if err != nil {
			return err
		}
		if result != nil {
			t.actor = &payment.UserID
			if payment, err = p.settle(ctx, t, id, *result); err != nil {
				return err
			}
		}
		if surplus = payment.IsSurplus && deref(payment.DeclineCode) != amountMismatch; surplus {
			return nil
		}
		body, err := p.show(ctx, t.q, id, nil)
		if err != nil {
			return err
		}
		if kept, err = idempotency.NewAnswer(statusOf(payment), body.Body()); err != nil {
			return err
		}
		return lease.Keep(ctx, t.q, kept)
	})
	if err == nil && surplus {
		err = ErrNoLonger
	}
	return &kept, unsure(err)
}

// unsure is the error of a call after the provider was asked: when it is the database that is away,
// what happened is not in the books yet, and the same call brings it there.
func unsure(err error) error {
	if postgres.IsTransient(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", postgres.ErrOutcomeUnknown, err)
	}
	return err
}

func statusOf(payment db.Payment) int {
	switch {
	case deref(payment.DeclineCode) == amountMismatch:
		return http.StatusConflict
	case payment.Status == pending:
		return http.StatusAccepted
	case payment.Status == failed:
		return http.StatusPaymentRequired
	}
	return http.StatusCreated
}

// show reads a payment; of one account unless user is nil.
func (p *Payments) show(
	ctx context.Context, q *db.Queries, id int64, user *int64,
) (record.Payment, error) {
	details, err := q.ShowPayment(ctx, id, user)
	if errors.Is(err, pgx.ErrNoRows) {
		return record.Payment{}, ErrNotFound
	}
	if err != nil {
		return record.Payment{}, err
	}
	return record.Read(details)
}

// refusedAgain is the problem of a payment that was declined or set aside, which is kept for its
// key like any other outcome.
func refusedAgain(ctx context.Context, known idempotency.Answer) error {
	var payment api.Payment
	if err := json.Unmarshal(known.Body, &payment); err != nil {
		return err
	}
	if known.Replayed {
		request.From(ctx).Answer.Set("Idempotent-Replayed", "true")
	}
	if known.Status == http.StatusConflict {
		return ErrMismatch
	}
	return ErrDeclined.Detailf("%s", deref(payment.DeclineMessage))
}
