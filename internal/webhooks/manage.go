package webhooks

import (
	"context"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/version"
)

// ListWebhooks returns a page of webhooks.
func (w *Webhooks) ListWebhooks(
	ctx context.Context, r api.ListWebhooksRequestObject,
) (api.ListWebhooksResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	total, err := w.queries.CountWebhooks(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := w.queries.ListWebhooks(ctx, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.WebhookPage{
		Items:  make([]api.Webhook, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, webhookBody(row))
	}
	return api.ListWebhooks200JSONResponse(body), nil
}

// GetWebhook returns one webhook.
func (w *Webhooks) GetWebhook(
	ctx context.Context, r api.GetWebhookRequestObject,
) (api.GetWebhookResponseObject, error) {
	row, err := w.get(ctx, r.ID)
	return api.GetWebhook200JSONResponse{
		Body:    webhookBody(row),
		Headers: api.GetWebhook200ResponseHeaders{ETag: tag(row)},
	}, err
}

// CreateWebhook adds a webhook.
func (w *Webhooks) CreateWebhook(
	ctx context.Context, r api.CreateWebhookRequestObject,
) (api.CreateWebhookResponseObject, error) {
	if err := w.checkURL(r.Body.URL); err != nil {
		return nil, err
	}
	secret, sealed := w.seal.newSecret()
	params := db.CreateWebhookParams{
		URL:      r.Body.URL,
		Events:   kinds(r.Body.Events),
		IsActive: true,
		Secret:   sealed,
		Most:     maxWebhooks,
	}
	mergepatch.Set(&params.Description, r.Body.Description)
	mergepatch.Set(&params.IsActive, r.Body.IsActive)
	var row db.Webhook
	err := postgres.Tx(ctx, w.pool, func(q *db.Queries) (err error) {
		row, err = q.CreateWebhook(ctx, params)
		return postgres.NotFound(err, ErrTooMany)
	})
	if err != nil {
		return nil, err
	}
	return api.CreateWebhook201JSONResponse{
		Body:    newBody(row, secret),
		Headers: api.CreateWebhook201ResponseHeaders{ETag: tag(row)},
	}, nil
}

// UpdateWebhook changes the fields that were sent.
func (w *Webhooks) UpdateWebhook(
	ctx context.Context, r api.UpdateWebhookRequestObject,
) (api.UpdateWebhookResponseObject, error) {
	if r.Body.URL != nil {
		if err := w.checkURL(*r.Body.URL); err != nil {
			return nil, err
		}
	}
	row, err := w.change(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
			next := db.UpdateWebhookParams{
				ID:          now.ID,
				URL:         now.URL,
				Description: now.Description,
				Events:      now.Events,
				IsActive:    now.IsActive,
			}
			mergepatch.Set(&next.URL, r.Body.URL)
			mergepatch.Set(&next.Description, r.Body.Description)
			mergepatch.Set(&next.IsActive, r.Body.IsActive)
			if r.Body.Events != nil {
				next.Events = kinds(r.Body.Events)
			}
			return q.UpdateWebhook(ctx, next)
		},
	)
	return api.UpdateWebhook200JSONResponse{
		Body:    webhookBody(row),
		Headers: api.UpdateWebhook200ResponseHeaders{ETag: tag(row)},
	}, err
}

// DeleteWebhook removes a webhook and its deliveries.
func (w *Webhooks) DeleteWebhook(
	ctx context.Context, r api.DeleteWebhookRequestObject,
) (api.DeleteWebhookResponseObject, error) {
	_, err := w.change(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
			return now, q.DeleteWebhook(ctx, now.ID)
		},
	)
	return api.DeleteWebhook204Response{}, err
}

// RotateWebhookSecret gives a webhook another secret.
func (w *Webhooks) RotateWebhookSecret(
	ctx context.Context, r api.RotateWebhookSecretRequestObject,
) (api.RotateWebhookSecretResponseObject, error) {
	secret, sealed := w.seal.newSecret()
	row, err := w.change(ctx, r.ID, nil, func(q *db.Queries, now db.Webhook) (db.Webhook, error) {
		return q.RotateWebhookSecret(ctx, sealed, now.ID)
	})
	if err != nil {
		return nil, err
	}
	return api.RotateWebhookSecret200JSONResponse{
		Body:    newBody(row, secret),
		Headers: api.RotateWebhookSecret200ResponseHeaders{ETag: tag(row)},
	}, nil
}

// change locks a webhook and runs a change of it.
func (w *Webhooks) change(
	ctx context.Context, id int64, ifMatch *string,
	work func(*db.Queries, db.Webhook) (db.Webhook, error),
) (changed db.Webhook, err error) {
	err = postgres.Tx(ctx, w.pool, func(q *db.Queries) error {
		now, err := q.LockWebhook(ctx, id)
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		if err := version.Check(ifMatch, now.Version); err != nil {
			return err
		}
		changed, err = work(q, now)
		return err
	})
	return changed, err
}

func (w *Webhooks) get(ctx context.Context, id int64) (db.Webhook, error) {
	row, err := w.queries.GetWebhook(ctx, id)
	return row, postgres.NotFound(err, ErrNotFound)
}

// checkURL refuses an address that every delivery would refuse. What its name resolves to is
// checked at each delivery.
func (w *Webhooks) checkURL(url string) error {
	if !w.settings.Insecure && !strings.HasPrefix(url, "https://") {
		return errInsecure
	}
	if err := w.settings.Client.Check(url); err != nil {
		return errURL
	}
	return nil
}

// kinds returns the kinds of events a webhook wants, sorted and without duplicates.
func kinds(wanted []api.WebhookEvent) []string {
	all := make([]string, 0, len(wanted))
	for _, kind := range wanted {
		all = append(all, string(kind))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tag returns the ETag of a webhook: its version, and failing_since, which deliveries change.
func tag(row db.Webhook) *string {
	failing := int64(0)
	if row.FailingSince != nil {
		failing = row.FailingSince.UnixMicro()
	}
	return new(version.Tag(row.Version, failing))
}

func webhookBody(row db.Webhook) api.Webhook {
	body := api.Webhook{
		ID:                  row.ID,
		URL:                 row.URL,
		Description:         row.Description,
		IsActive:            row.IsActive,
		DisabledReason:      row.DisabledReason,
		DisabledAt:          row.DisabledAt,
		FailingSince:        row.FailingSince,
		PreviousSecretUntil: row.OldSecretUntil,
		CreatedAt:           row.CreatedAt,
		UpdatedAt:           row.UpdatedAt,
		Events:              make([]api.WebhookEvent, 0, len(row.Events)),
	}
	for _, kind := range row.Events {
		body.Events = append(body.Events, api.WebhookEvent(kind))
	}
	return body
}

func newBody(row db.Webhook, secret []byte) api.NewWebhook {
	b := webhookBody(row)
	return api.NewWebhook{
		ID:                  b.ID,
		URL:                 b.URL,
		Description:         b.Description,
		Events:              b.Events,
		IsActive:            b.IsActive,
		DisabledReason:      b.DisabledReason,
		DisabledAt:          b.DisabledAt,
		FailingSince:        b.FailingSince,
		PreviousSecretUntil: b.PreviousSecretUntil,
		CreatedAt:           b.CreatedAt,
		UpdatedAt:           b.UpdatedAt,
		Secret:              shown(secret),
	}
}
