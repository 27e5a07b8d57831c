package model

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Problems that clients see when the model fails.
var (
	ErrQuota = problem.TooMany(
		"assistant_quota_exhausted", "The assistant's model has no quota left.", time.Minute,
	)
	ErrUnavailable = problem.Unavailable(
		"assistant_unavailable",
		"The assistant's model did not answer. Try again in a few seconds.", 5*time.Second,
	)
	ErrMisconfigured = problem.Unavailable(
		"assistant_misconfigured",
		"The assistant is not set up properly; the server's log says what is missing. "+
			"Products can still be listed and searched by keyword.",
		time.Minute,
	)
	ErrBudget = problem.TooMany(
		"assistant_budget",
		"What the shop spends on the assistant in a day is spent. "+
			"It answers again after midnight (UTC).",
		time.Minute,
	)
)

// Health converts a model's errors to problems for clients, and stores the last one for the
// readiness check. It is safe for concurrent use.
type Health struct {
	log  *slog.Logger
	last atomic.Pointer[outage] // nil: the last call succeeded
}

// NewHealth returns the health of a model that has not failed yet.
func NewHealth(log *slog.Logger) *Health { return &Health{log: log} }

// outage is a failure of the model.
type outage struct {
	at      time.Time
	lasting bool // caused by a wrong setting, so it does not end by itself
	problem *problem.Error
}

// outageMemory is how long a failure counts if the model is not called again.
const outageMemory = time.Minute

// Check returns the problem of the last call if the model could not be reached then.
func (h *Health) Check(context.Context) error {
	if last := h.last.Load(); last != nil &&
		(last.lasting || time.Since(last.at) < outageMemory) {
		return last.problem
	}
	return nil
}

// Outcome records how a call of the model ended. It returns the problem that clients see: nil if
// the call succeeded, err itself if it is ErrBlocked, ErrBudget or none of the model's errors.
func (h *Health) Outcome(err error) error {
	var quota *QuotaError
	var config *ConfigError
	var unavailable *UnavailableError
	var p *problem.Error
	switch {
	case err == nil, errors.Is(err, ErrBlocked):
		h.last.Store(nil)
		return err
	case errors.Is(err, ErrBudget):
		return err
	case errors.As(err, &quota):
		p = QuotaProblem(quota)
	case errors.As(err, &config):
		h.log.Error("assistant misconfigured", "setting", config.Setting, "reason", config.Reason)
		p = ErrMisconfigured.Because(err)
	case errors.As(err, &unavailable):
		p = ErrUnavailable.Because(err)
	default:
		return err
	}
	h.last.Store(&outage{at: time.Now(), lasting: config != nil, problem: p})
	return p
}

// QuotaProblem returns the problem of an exhausted quota.
func QuotaProblem(quota *QuotaError) *problem.Error {
	wait := quota.RetryAfter.Round(time.Second)
	detail := "The assistant's model has no quota left for this minute. Try again in %s."
	if quota.Daily {
		detail = "The assistant's model has no quota left for today. It comes back in %s."
	}
	return ErrQuota.Detailf(detail, wait).Because(quota).After(wait)
}
