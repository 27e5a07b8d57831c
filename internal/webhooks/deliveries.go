package webhooks

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// ListWebhookDeliveries returns a page of a webhook's deliveries.
func (w *Webhooks) ListWebhookDeliveries(
	ctx context.Context, r api.ListWebhookDeliveriesRequestObject,
) (api.ListWebhookDeliveriesResponseObject, error) {
	p := r.Params
	if _, err := w.get(ctx, r.ID); err != nil {
		return nil, err
	}
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListWebhookDeliveriesParams{
		WebhookID:  r.ID,
		Status:     (*string)(p.Status),
		Kind:       (*string)(p.Event),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
		BeforeID:   asked.Key(0),
	}
	rows, err := w.planned.ListWebhookDeliveries(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.WebhookDeliveryPage{
		Items:  make([]api.WebhookDelivery, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, deliveryBody(db.GetWebhookDeliveryRow(row)))
	}
	body.NextCursor = page.Next(asked, rows, func(row db.ListWebhookDeliveriesRow) page.Keys {
		return page.Keys{row.ID}
	})
	return api.ListWebhookDeliveries200JSONResponse(body), nil
}

// RedeliverWebhook makes a delivery again, from its first attempt.
func (w *Webhooks) RedeliverWebhook(
	ctx context.Context, r api.RedeliverWebhookRequestObject,
) (api.RedeliverWebhookResponseObject, error) {
	var row db.GetWebhookDeliveryRow
	_, err := w.change(ctx, r.ID, nil, func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
		if !now.IsActive {
			return now, ErrInactive
		}
		if _, err := q.RedeliverWebhook(ctx, r.DeliveryID, r.ID); err != nil {
			return now, err
		}
		var err error
		row, err = q.GetWebhookDelivery(ctx, r.DeliveryID, r.ID)
		if err != nil {
			return now, postgres.NotFound(err, ErrDeliveryNotFound)
		}
		return now, recordSending(ctx, q, "webhook.redelivered", now, row)
	})
	return api.RedeliverWebhook202JSONResponse(deliveryBody(row)), err
}

// PingWebhook sends a test event to one webhook only.
func (w *Webhooks) PingWebhook(
	ctx context.Context, r api.PingWebhookRequestObject,
) (api.PingWebhookResponseObject, error) {
	var row db.GetWebhookDeliveryRow
	_, err := w.change(ctx, r.ID, nil, func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
		if !now.IsActive {
			return now, ErrInactive
		}
		created, err := q.PingWebhook(ctx, now.ID)
		if err != nil {
			return now, err
		}
		if row, err = q.GetWebhookDelivery(ctx, created.ID, now.ID); err != nil {
			return now, err
		}
		return now, recordSending(ctx, q, "webhook.pinged", now, row)
	})
	return api.PingWebhook202JSONResponse(deliveryBody(row)), err
}

// recordSending adds to the audit log that staff had an event sent to a webhook. The webhook itself
// does not change, so the database's triggers record nothing.
func recordSending(
	ctx context.Context, q *db.Queries, name string, webhook db.Webhook,
	row db.GetWebhookDeliveryRow,
) error {
	return audit.Record(ctx, q, audit.Entry{
		Event:      name,
		ObjectType: "webhook",
		ObjectID:   strconv.FormatInt(webhook.ID, 10),
		Label:      webhook.URL,
		Detail:     map[string]any{"delivery": row.ID, "event": row.EventKind},
	})
}

// messageID returns the id by which a receiver recognises repetitions of an event.
func messageID(event int64) string { return fmt.Sprintf("evt_%d", event) }

func deliveryBody(row db.GetWebhookDeliveryRow) api.WebhookDelivery {
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
