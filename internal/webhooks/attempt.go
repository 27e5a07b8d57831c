package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/safehttp"
)

// schedule is how long to wait after each failed attempt except the last: 75 hours in all. Up to a
// tenth is added, so that deliveries that failed together are not retried together.
var schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	failureWindow = 72 * time.Hour // a webhook is disabled after failing for so long
	maxRetryAfter = 24 * time.Hour // the longest wait a receiver may ask for
	maxBody       = 4096           // bytes of a response that are stored
)

// The statuses of a delivery.
const (
	pending   = "pending"
	delivered = "delivered"
	failed    = "failed"
)

// Reasons for disabling a webhook.
const (
	gone    = "gone"
	failing = "failing"
)

// outcome is how an attempt ended.
type outcome struct {
	response safehttp.Response
	err      error // nil: it was delivered
	took     time.Duration
}

// attempt makes one attempt at a delivery and records how it ended. If that cannot be recorded, the
// attempt is repeated after its lease.
func (w *Webhooks) attempt(ctx context.Context, d db.TakeDeliveriesRow) {
	began := time.Now()
	response, err := w.send(ctx, d)
	o := outcome{response, err, time.Since(began)}
	if o.err == nil && (response.Status < 200 || response.Status > 299) {
		o.err = fmt.Errorf("the address answered %d", response.Status)
	}
	if err := w.recordAttempt(ctx, d, o); err != nil {
		w.settings.Log.ErrorContext(
			ctx, "delivery attempt not recorded", "delivery", d.ID, "webhook", d.WebhookID, "error",
			err.Error(),
		)
	}
}

// message is the body that is posted.
type message struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // when the event happened
	Data      json.RawMessage `json:"data"`
}

// send posts the event, signed.
func (w *Webhooks) send(ctx context.Context, d db.TakeDeliveriesRow) (safehttp.Response, error) {
	body, err := json.Marshal(message{d.Kind, d.At.UTC(), d.Data})
	if err != nil {
		return safehttp.Response{}, err
	}
	now := w.settings.Clock.Now()
	signature, err := w.sign(d, now, body)
	if err != nil {
		return safehttp.Response{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(standardwebhooks.HeaderWebhookID, messageID(d.EventID))
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return w.settings.Client.Post(ctx, d.URL, header, body, w.settings.Timeout, maxBody)
}

// sign signs with the webhook's secret and, during a rotation, with the previous one.
func (w *Webhooks) sign(d db.TakeDeliveriesRow, at time.Time, body []byte) (string, error) {
	var signatures []string
	for _, sealed := range [][]byte{d.Secret, d.OldSecret} {
		if sealed == nil {
			continue
		}
		secret, err := w.seal.open(sealed)
		if err != nil {
			return "", err
		}
		signer, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return "", err
		}
		signature, err := signer.Sign(messageID(d.EventID), at, body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	return strings.Join(signatures, " "), nil
}

// recordAttempt records how an attempt ended, and what follows from it for the webhook.
func (w *Webhooks) recordAttempt(ctx context.Context, d db.TakeDeliveriesRow, o outcome) error {
	end := db.EndAttemptParams{
		ID:          d.ID,
		LeasedUntil: *d.LeasedUntil,
		Status:      delivered,
		DurationMs:  int32(o.took.Milliseconds()),
	}
	if o.response.Status != 0 {
		end.ResponseStatus = new(int32(o.response.Status))
		end.ResponseBody = new(storableText(o.response.Body))
	}
	if o.err != nil {
		end.Status, end.Error = pending, new(o.err.Error())
		end.WaitSeconds = retryDelay(d.Attempts, o.response).Seconds()
		if int(d.Attempts) > len(schedule) || o.response.Status == http.StatusGone {
			end.Status = failed
		}
		// Only the log says why an address cannot be called.
		if refused := errors.Unwrap(o.err); refused != nil {
			w.settings.Log.WarnContext(
				ctx, "webhook not reached", "webhook", d.WebhookID, "delivery", d.ID, "error",
				refused.Error(),
			)
		}
	}
	return postgres.Tx(ctx, w.pool, func(q *db.Queries) error {
		ended, err := q.EndAttempt(ctx, end)
		if err != nil || ended == 0 { // the lease was lost, or the delivery was made pending again
			return err
		}
		if o.err == nil {
			return q.RecordWebhookSuccess(ctx, d.WebhookID)
		}
		return w.recordFailure(ctx, q, d, o.response.Status)
	})
}

// recordFailure records that a webhook failed. It disables one that is gone, or whose attempts have
// all failed for the whole window.
func (w *Webhooks) recordFailure(
	ctx context.Context, q *db.Queries, d db.TakeDeliveriesRow, status int,
) error {
	exhausted, err := q.RecordWebhookFailure(
		ctx, *d.AttemptedAt, d.WebhookID, int32(failureWindow.Seconds()),
	)
	if err != nil {
		return err
	}
	reason := ""
	switch {
	case status == http.StatusGone:
		reason = gone
	case exhausted:
		reason = failing
	default:
		return nil
	}
	disabled, err := q.DisableWebhook(ctx, reason, d.WebhookID)
	if err != nil || disabled == 0 {
		return err
	}
	w.settings.Log.WarnContext(ctx, "webhook disabled", "webhook", d.WebhookID, "reason", reason)
	return events.Record(ctx, q, events.Event{
		Kind:       events.WebhookDisabled,
		ObjectType: events.Webhook,
		ObjectID:   d.WebhookID,
		Data:       Disabled{d.WebhookID, host(d.URL), reason},
	})
}

// Disabled is the data of the event of a disabled webhook.
type Disabled struct {
	ID     int64  `json:"id"`
	Host   string `json:"host"` // the rest of the address may hold a secret
	Reason string `json:"reason"`
}

// retryDelay returns how long to wait after so many failed attempts: what the schedule says, or
// more if the receiver asks for it.
func retryDelay(attempts int32, response safehttp.Response) time.Duration {
	delay := schedule[min(max(int(attempts), 1), len(schedule))-1]
	delay += rand.N(delay / 10)
	if response.Status == http.StatusTooManyRequests ||
		response.Status == http.StatusServiceUnavailable {
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
			asked := time.Duration(min(seconds, 1<<20)) * time.Second
			delay = max(delay, min(asked, maxRetryAfter))
		}
	}
	return delay
}

// storableText returns a body as text that PostgreSQL can store.
func storableText(body []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(body), "\uFFFD"), "\x00", "\uFFFD")
}

func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	return name
}
