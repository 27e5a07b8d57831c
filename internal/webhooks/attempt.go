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

// schedule is how long to wait after each failed attempt, but the last: 75 hours in all, and up to
// a tenth more, so that what failed together does not come back together.
var schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	window      = 72 * time.Hour // of nothing but failures, after which a webhook is disabled
	longestWait = 24 * time.Hour // a receiver may ask for
	keptBody    = 4096           // bytes of an answer that are kept
)

// The statuses of a delivery.
const (
	pending   = "pending"
	delivered = "delivered"
	failed    = "failed"
)

// Why the shop disables a webhook.
const (
	gone    = "gone"
	failing = "failing"
)

// outcome is how an attempt ended.
type outcome struct {
	answer safehttp.Answer
	err    error // nil: it was delivered
	took   time.Duration
}

// attempt makes one attempt at a delivery and notes how it ended. When that cannot be noted, it is
// made again after its lease.
func (w *Webhooks) attempt(ctx context.Context, d db.TakeDeliveriesRow) {
	begun := time.Now()
	answer, err := w.send(ctx, d)
	o := outcome{answer, err, time.Since(begun)}
	if o.err == nil && (answer.Status < 200 || answer.Status > 299) {
		o.err = fmt.Errorf("the address answered %d", answer.Status)
	}
	if err := w.note(ctx, d, o); err != nil {
		w.settings.Log.ErrorContext(
			ctx, "delivery not noted", "delivery", d.ID, "webhook", d.WebhookID, "error",
			err.Error(),
		)
	}
}

// message is what is sent.
type message struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // when it happened
	Data      json.RawMessage `json:"data"`
}

// send posts the event, signed.
func (w *Webhooks) send(ctx context.Context, d db.TakeDeliveriesRow) (safehttp.Answer, error) {
	body, err := json.Marshal(message{d.Kind, d.At.UTC(), d.Data})
	if err != nil {
		return safehttp.Answer{}, err
	}
	now := time.Now()
	signature, err := w.sign(d, now, body)
	if err != nil {
		return safehttp.Answer{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(standardwebhooks.HeaderWebhookID, messageID(d.EventID))
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return w.settings.Client.Post(ctx, d.URL, header, body, w.settings.Timeout, keptBody)
}

// sign signs with the webhook's secret and, while it is good, with the one before.
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

// note notes how an attempt ended, and what follows from it for the webhook.
func (w *Webhooks) note(ctx context.Context, d db.TakeDeliveriesRow, o outcome) error {
	end := db.EndAttemptParams{
		ID:          d.ID,
		LeasedUntil: *d.LeasedUntil,
		Status:      delivered,
		DurationMs:  int32(o.took.Milliseconds()),
	}
	if o.answer.Status != 0 {
		end.ResponseStatus, end.ResponseBody = new(int32(o.answer.Status)), new(text(o.answer.Body))
	}
	if o.err != nil {
		end.Status, end.Error = pending, new(o.err.Error())
		end.WaitSeconds = wait(d.Attempts, o.answer).Seconds()
		if int(d.Attempts) > len(schedule) || o.answer.Status == http.StatusGone {
			end.Status = failed
		}
		if refused := errors.Unwrap(
			o.err,
		); refused != nil { // why an address cannot be called is told to the log alone
			w.settings.Log.WarnContext(
				ctx, "webhook not reached", "webhook", d.WebhookID, "delivery", d.ID, "error",
				refused.Error(),
			)
		}
	}
	return postgres.Tx(ctx, w.pool, func(q *db.Queries) error {
		noted, err := q.EndAttempt(ctx, end)
		if err != nil || noted == 0 { // another took it, or somebody has it delivered again
			return err
		}
		if o.err == nil {
			return q.NoteWebhookSuccess(ctx, d.WebhookID)
		}
		return w.noteFailure(ctx, q, d, o.answer.Status)
	})
}

// noteFailure notes that a webhook failed, and disables one that is gone or has done nothing else
// for the whole window.
func (w *Webhooks) noteFailure(
	ctx context.Context, q *db.Queries, d db.TakeDeliveriesRow, status int,
) error {
	exhausted, err := q.NoteWebhookFailure(
		ctx, *d.AttemptedAt, d.WebhookID, int32(window.Seconds()),
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

// Disabled is what the event of a disabled webhook tells.
type Disabled struct {
	ID     int64  `json:"id"`
	Host   string `json:"host"` // the rest of the address may hold a secret
	Reason string `json:"reason"`
}

// wait is how long to wait after so many failed attempts, or for as long as the receiver asks for.
func wait(attempts int32, answer safehttp.Answer) time.Duration {
	pause := schedule[min(max(int(attempts), 1), len(schedule))-1]
	pause += rand.N(pause / 10)
	if answer.Status == http.StatusTooManyRequests ||
		answer.Status == http.StatusServiceUnavailable {
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			pause = max(pause, min(time.Duration(min(seconds, 1<<20))*time.Second, longestWait))
		}
	}
	return pause
}

// text is the beginning of an answer as the database can keep it.
func text(body []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(body), "\uFFFD"), "\x00", "\uFFFD")
}

func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	return name
}
