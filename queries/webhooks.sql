-- name: ListWebhooks :many
SELECT * FROM webhooks ORDER BY id LIMIT @page_limit OFFSET @page_offset;

-- name: CountWebhooks :one
SELECT count(*) FROM webhooks;

-- name: GetWebhook :one
SELECT * FROM webhooks WHERE id = $1;

-- name: LockWebhook :one
SELECT * FROM webhooks WHERE id = $1 FOR UPDATE;

-- Adds a webhook, unless the limit is reached.
-- name: CreateWebhook :one
INSERT INTO webhooks (url, description, events, is_active, secret)
SELECT @url, @description, @events::text[], @is_active, @secret WHERE (SELECT count(*) FROM webhooks) < @most::bigint
RETURNING *;

-- Changes a locked webhook. Activating it again clears its failures.
-- name: UpdateWebhook :one
UPDATE webhooks w
   SET url = @url, description = @description, events = @events::text[], is_active = @is_active::boolean,
       disabled_reason = CASE WHEN @is_active THEN NULL ELSE w.disabled_reason END,
       disabled_at = CASE WHEN @is_active THEN NULL ELSE coalesce(w.disabled_at, now()) END,
       failing_since = CASE WHEN @is_active AND NOT w.is_active THEN NULL ELSE w.failing_since END,
       version = w.version + 1, updated_at = now()
 WHERE w.id = @id
RETURNING *;

-- Gives a locked webhook a new secret. The previous one also signs for a day.
-- name: RotateWebhookSecret :one
UPDATE webhooks w
   SET secret = @secret, old_secret = w.secret, old_secret_until = now() + interval '24 hours', version = w.version + 1, updated_at = now()
 WHERE w.id = @id
RETURNING *;

-- name: DeleteWebhook :exec
DELETE FROM webhooks WHERE id = $1;

-- Creates the deliveries of some events, one for each webhook that wants the event.
-- name: AddDeliveries :exec
INSERT INTO webhook_deliveries (webhook_id, event_id, object_type, object_id)
SELECT w.id, e.id, e.object_type, e.object_id
  FROM events e
  JOIN webhooks w ON w.is_active AND w.events && ARRAY['*', e.kind]
 WHERE e.id = ANY (@event_ids::bigint[]) AND e.kind = ANY (@kinds::text[])
 ORDER BY e.id, w.id
ON CONFLICT DO NOTHING;

-- Creates an event for one webhook only, and its delivery.
-- name: PingWebhook :one
WITH pinged AS (
    INSERT INTO events (kind, object_type, object_id, data, told_at)
    VALUES ('webhook.ping', 'webhook', @webhook_id, jsonb_build_object('webhook_id', @webhook_id::bigint), now())
    RETURNING *
)
INSERT INTO webhook_deliveries (webhook_id, event_id, object_type, object_id)
SELECT p.object_id, p.id, p.object_type, p.object_id FROM pinged p
RETURNING *;

-- A page of a webhook's deliveries, newest first (webhook_deliveries_webhook_idx). Run it through
-- postgres.Planned.
-- name: ListWebhookDeliveries :many
SELECT d.*, e.kind AS event_kind, e.at AS event_at
  FROM webhook_deliveries d
  JOIN events e ON e.id = d.event_id
 WHERE d.webhook_id = @webhook_id
   AND (sqlc.narg(status)::text IS NULL OR d.status = sqlc.narg(status))
   AND (sqlc.narg(kind)::text IS NULL OR e.kind = sqlc.narg(kind))
   AND (sqlc.narg(before_id)::bigint IS NULL OR d.id < sqlc.narg(before_id))
 ORDER BY d.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- name: GetWebhookDelivery :one
SELECT d.*, e.kind AS event_kind, e.at AS event_at
  FROM webhook_deliveries d
  JOIN events e ON e.id = d.event_id
 WHERE d.id = @id AND d.webhook_id = @webhook_id;

-- Makes a delivery pending again, from its first attempt.
-- name: RedeliverWebhook :execrows
UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now(), leased_until = NULL, delivered_at = NULL
 WHERE id = @id AND webhook_id = @webhook_id;

-- Leases deliveries that are due: of each object only the oldest, and of each webhook as many at
-- once as it may have, one while it fails. Several processes share the work. When one dies, others
-- take its deliveries after the lease.
-- name: TakeDeliveries :many
WITH free AS MATERIALIZED (
    SELECT w.id, (CASE WHEN w.failing_since IS NULL THEN @at_once::integer ELSE 1 END
           - (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.leased_until > now()))::integer AS room
      FROM webhooks w
     WHERE w.is_active
), due AS MATERIALIZED (
    SELECT n.id
      FROM free
     CROSS JOIN LATERAL (
           SELECT d.id, d.next_attempt_at
             FROM webhook_deliveries d
            WHERE d.webhook_id = free.id AND d.status = 'pending' AND d.next_attempt_at <= now()
              AND (d.leased_until IS NULL OR d.leased_until <= now())
              AND NOT EXISTS (SELECT FROM webhook_deliveries e
                               WHERE e.webhook_id = d.webhook_id AND e.object_type = d.object_type AND e.object_id = d.object_id
                                 AND e.status = 'pending' AND e.event_id < d.event_id)
            ORDER BY d.next_attempt_at, d.event_id
            LIMIT greatest(free.room, 0)) n
     ORDER BY n.next_attempt_at
     LIMIT @most
), locked AS (
    SELECT d.id FROM webhook_deliveries d
     WHERE d.id IN (SELECT due.id FROM due) AND d.status = 'pending' AND (d.leased_until IS NULL OR d.leased_until <= now())
     ORDER BY d.id
       FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
    UPDATE webhook_deliveries d
       SET leased_until = now() + make_interval(secs => @lease_seconds::integer), attempts = d.attempts + 1, attempted_at = now()
     WHERE d.id IN (SELECT locked.id FROM locked)
    RETURNING d.*
)
SELECT t.id, t.webhook_id, t.event_id, t.attempts, t.leased_until, t.attempted_at, e.kind, e.at, e.data,
       w.url, w.secret, CASE WHEN w.old_secret_until > now() THEN w.old_secret END::bytea AS old_secret
  FROM taken t
  JOIN events e ON e.id = t.event_id
  JOIN webhooks w ON w.id = t.webhook_id
 ORDER BY t.id;

-- Records how an attempt ended, unless its lease was lost. next_attempt_at is null if it was the
-- last attempt.
-- name: EndAttempt :execrows
UPDATE webhook_deliveries
   SET status = @status::text, leased_until = NULL,
       next_attempt_at = CASE WHEN @status = 'pending' THEN now() + make_interval(secs => @wait_seconds::float8) END,
       delivered_at = CASE WHEN @status = 'delivered' THEN now() END,
       response_status = sqlc.narg(response_status)::integer, response_body = sqlc.narg(response_body)::text, error = sqlc.narg(error)::text,
       duration_ms = @duration_ms::integer
 WHERE id = @id AND leased_until = @leased_until::timestamptz;

-- name: RecordWebhookSuccess :exec
UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL;

-- Records a failure, and reports whether every attempt of the whole window failed.
-- name: RecordWebhookFailure :one
UPDATE webhooks w SET failing_since = coalesce(w.failing_since, @since::timestamptz)
 WHERE w.id = @id
RETURNING (w.failing_since < now() - make_interval(secs => @window_seconds::integer))::boolean AS exhausted;

-- Disables a webhook, unless it is disabled.
-- name: DisableWebhook :execrows
UPDATE webhooks SET is_active = false, disabled_reason = @reason::text, disabled_at = now(), version = version + 1, updated_at = now()
 WHERE id = @id AND is_active;
