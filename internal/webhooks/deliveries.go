package webhooks

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListWebhookDeliveries answers a page of a webhook's deliveries.
func (w *Webhooks) ListWebhookDeliveries(
	ctx context.Context, r api.ListWebhookDeliveriesRequestObject,
) (api.ListWebhookDeliveriesResponseObject, error) {
	p := r.Params
	if _, err := w.get(ctx, r.ID); err != nil {
		return nil, err
	}
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListDeliveriesParams{
		WebhookID:  r.ID,
		Status:     (*string)(p.Status),
		Kind:       (*string)(p.Event),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	before, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
	}
	rows, err := w.planned.ListDeliveries(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.WebhookDeliveryPage{
		Items:  make([]api.WebhookDelivery, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, deliveryBody(db.GetDeliveryRow(row)))
	}
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return api.ListWebhookDeliveries200JSONResponse(body), nil
}

// RedeliverWebhook sends an event on its way again.
func (w *Webhooks) RedeliverWebhook(
	ctx context.Context, r api.RedeliverWebhookRequestObject,
) (api.RedeliverWebhookResponseObject, error) {
	var row db.GetDeliveryRow
	_, err := w.change(ctx, r.ID, nil, func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
		if !now.IsActive {
			return now, ErrInactive
		}
		if _, err := q.Redeliver(ctx, r.DeliveryID, r.ID); err != nil {
			return now, err
		}
		var err error
		row, err = q.GetDelivery(ctx, r.DeliveryID, r.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			err = ErrDeliveryNotFound
		}
		if err != nil {
			return now, err
		}
		return now, note(ctx, q, "webhook.redelivered", now, row)
	})
	return api.RedeliverWebhook202JSONResponse(deliveryBody(row)), err
}

// PingWebhook sends an event to one webhook alone.
func (w *Webhooks) PingWebhook(
	ctx context.Context, r api.PingWebhookRequestObject,
) (api.PingWebhookResponseObject, error) {
	var row db.GetDeliveryRow
	_, err := w.change(ctx, r.ID, nil, func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
		if !now.IsActive {
			return now, ErrInactive
		}
		made, err := q.AddPing(ctx, now.ID)
		if err != nil {
			return now, err
		}
		if row, err = q.GetDelivery(ctx, made.ID, now.ID); err != nil {
			return now, err
		}
		return now, note(ctx, q, "webhook.pinged", now, row)
	})
	return api.PingWebhook202JSONResponse(deliveryBody(row)), err
}

// note writes down that somebody had an event sent to a webhook, which changes nothing of the
// webhook.
func note(
	ctx context.Context, q *db.Queries, what string, webhook db.Webhook, row db.GetDeliveryRow,
) error {
	return audit.Record(ctx, q, audit.Entry{
		Event:      what,
		ObjectType: "webhook",
		ObjectID:   strconv.FormatInt(webhook.ID, 10),
		Label:      webhook.URL,
		Detail:     map[string]any{"delivery": row.ID, "event": row.EventKind},
	})
}

// messageID is what a receiver tells repetitions of an event by.
func messageID(event int64) string { return fmt.Sprintf("evt_%d", event) }

func deliveryBody(row db.GetDeliveryRow) api.WebhookDelivery {
	return api.WebhookDelivery{
		ID:             row.ID,
		EventID:        messageID(row.EventID),
		Event:          api.WebhookDeliveryEvent(row.EventKind),
		EventAt:        row.EventAt.UTC(),
		ObjectType:     row.ObjectType,
		ObjectID:       row.ObjectID,
		Status:         api.WebhookDeliveryStatus(row.Status),
		Attempts:       row.Attempts,
		NextAttemptAt:  row.NextAttemptAt,
		AttemptedAt:    row.AttemptedAt,
		DeliveredAt:    row.DeliveredAt,
		ResponseStatus: row.ResponseStatus,
		ResponseBody:   row.ResponseBody,
		Error:          row.Error,
		DurationMs:     row.DurationMs,
		CreatedAt:      row.CreatedAt.UTC(),
	}
}
