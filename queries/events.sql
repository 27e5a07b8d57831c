-- Stores events in the order given. Events that no active webhook subscribes to are left out,
-- except kinds that are always stored.
-- name: RecordEvents :exec
INSERT INTO events (kind, object_type, object_id, data)
SELECT e.kind, e.object_type, e.object_id, e.data::jsonb
  FROM (SELECT unnest(@kinds::text[]) AS kind, unnest(@object_types::text[]) AS object_type, unnest(@object_ids::bigint[]) AS object_id,
               unnest(@data::text[]) AS data, generate_subscripts(@kinds::text[], 1) AS position) e
 WHERE e.kind = ANY (@always::text[])
    OR EXISTS (SELECT FROM webhooks w WHERE w.is_active AND w.events && ARRAY['*', e.kind])
 ORDER BY e.position;

-- Reports whether an active webhook subscribes to any of some kinds, for events that are costly to
-- make.
-- name: WantsEvents :one
SELECT EXISTS (SELECT FROM webhooks w WHERE w.is_active AND w.events && array_append(@kinds::text[], '*'));

-- Reports whether any event waits to be delivered (events_untold_idx).
-- name: HasUndeliveredEvents :one
SELECT EXISTS (SELECT FROM events WHERE told_at IS NULL);

-- Lets one transaction deliver events at a time, so that those of one object stay in order. Returns
-- false when another one does.
-- name: TryLockEvents :one
SELECT pg_try_advisory_xact_lock(hashtext('shopd events'));

-- Marks the oldest events that wait as delivered and returns them (events_untold_idx).
-- name: TakeUndeliveredEvents :many
WITH told AS (
    UPDATE events SET told_at = now()
     WHERE id IN (SELECT u.id FROM events u WHERE u.told_at IS NULL ORDER BY u.id LIMIT @batch)
    RETURNING id, kind, object_type, object_id
)
SELECT id, kind, object_type, object_id FROM told ORDER BY id;

-- name: ListEvents :many
SELECT * FROM events WHERE id = ANY (@ids::bigint[]) ORDER BY id;

-- Deletes some events of more than 30 days ago, and their deliveries with them (events_at_idx).
-- name: PurgeEvents :execrows
DELETE FROM events
 WHERE id IN (SELECT e.id FROM events e WHERE e.at < now() - interval '30 days' AND e.told_at IS NOT NULL LIMIT @batch);
