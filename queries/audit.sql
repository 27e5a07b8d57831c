-- Logs an event, in its transaction.
-- name: RecordAuditEvent :exec
INSERT INTO audit_events (event, operation, request_id, actor_id, key_id, address, object_type, object_id, label, before, after, detail)
VALUES (@event, sqlc.narg(operation), sqlc.narg(request_id), sqlc.narg(actor_id), sqlc.narg(key_id), sqlc.narg(address), @object_type, sqlc.narg(object_id),
        sqlc.narg(label), sqlc.narg(before), sqlc.narg(after), @detail);

-- Returns a page of the log, newest first, after a place in it. Each filter has an index that ends
-- in the order of the list. Run it with a plan of its own (postgres.Planned).
-- name: ListAuditLog :many
SELECT e.id, e.at, e.event, e.operation, e.request_id, e.actor_id, u.email AS actor_email, e.key_id, k.name AS key_name, e.address, e.object_type, e.object_id, e.label,
       e.before, e.after, e.detail
  FROM audit_events e
  LEFT JOIN users u ON u.id = e.actor_id
  LEFT JOIN api_keys k ON k.id = e.key_id
 WHERE (sqlc.narg(actor_id)::bigint IS NULL OR e.actor_id = sqlc.narg(actor_id))
   AND (sqlc.narg(key_id)::bigint IS NULL OR e.key_id = sqlc.narg(key_id))
   AND (sqlc.narg(operation)::text IS NULL OR e.operation = sqlc.narg(operation))
   AND (sqlc.narg(event)::text IS NULL OR e.event = sqlc.narg(event))
   AND (sqlc.narg(object_type)::text IS NULL OR e.object_type = sqlc.narg(object_type))
   AND (sqlc.narg(object_id)::text IS NULL OR e.object_id = sqlc.narg(object_id))
   AND (sqlc.narg(request_id)::text IS NULL OR e.request_id = sqlc.narg(request_id))
   AND (sqlc.narg(label_like)::text IS NULL OR e.label ILIKE sqlc.narg(label_like))
   AND (sqlc.narg(from_time)::timestamptz IS NULL OR e.at >= sqlc.narg(from_time))
   AND (sqlc.narg(to_time)::timestamptz IS NULL OR e.at < sqlc.narg(to_time))
   AND (sqlc.narg(before_at)::timestamptz IS NULL OR (e.at, e.id) < (sqlc.narg(before_at), sqlc.narg(before_id)::bigint))
 ORDER BY e.at DESC, e.id DESC
 LIMIT @page_limit;
