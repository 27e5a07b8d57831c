-- The key that a request carries, by its hash: alive, and within its time (api_keys_key_hash_key,
-- api_keys_old_key_hash_key). It runs at every call with a key, so that revoking takes effect at once.
-- name: AuthenticateAPIKey :one
SELECT id, scopes, networks, calls_per_minute,
       (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')::boolean AS is_use_due
  FROM api_keys
 WHERE (key_hash = @hash OR (old_key_hash = @hash AND old_key_until > now()))
   AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- Records that a key was used, at most once a minute however many calls race.
-- name: TouchAPIKey :exec
UPDATE api_keys SET last_used_at = now(), last_used_address = sqlc.narg(address)
 WHERE id = @id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');

-- A page of keys, newest first. Revoked ones are listed on request only.
-- name: ListAPIKeys :many
SELECT sqlc.embed(k), u.email AS created_by_email
  FROM api_keys k
  LEFT JOIN users u ON u.id = k.created_by
 WHERE @with_revoked::boolean OR k.revoked_at IS NULL
 ORDER BY k.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountAPIKeys :one
SELECT count(*) FROM api_keys WHERE @with_revoked::boolean OR revoked_at IS NULL;

-- name: GetAPIKey :one
SELECT sqlc.embed(k), u.email AS created_by_email
  FROM api_keys k
  LEFT JOIN users u ON u.id = k.created_by
 WHERE k.id = $1;

-- A key that was not revoked, locked for a change.
-- name: LockAPIKey :one
SELECT * FROM api_keys WHERE id = $1 AND revoked_at IS NULL FOR UPDATE;

-- Serialises the making of keys until the transaction ends, so that their number stays bounded.
-- name: LockAPIKeys :exec
SELECT pg_advisory_xact_lock(hashtext('shopd api keys'));

-- Adds a key, unless as many as there may be are alive.
-- name: CreateAPIKey :one
INSERT INTO api_keys (name, hint, key_hash, scopes, networks, calls_per_minute, expires_at, created_by)
SELECT @name, @hint, @key_hash, @scopes::text[], @networks::cidr[], sqlc.narg(calls_per_minute)::integer,
       sqlc.narg(expires_at)::timestamptz, sqlc.narg(created_by)::bigint
 WHERE (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL) < @most::bigint
RETURNING id;

-- Changes a locked key.
-- name: UpdateAPIKey :exec
UPDATE api_keys
   SET name = @name, scopes = @scopes::text[], networks = @networks::cidr[],
       calls_per_minute = sqlc.narg(calls_per_minute), expires_at = sqlc.narg(expires_at),
       version = version + 1, updated_at = now()
 WHERE id = @id;

-- Gives a locked key another secret. The previous one works for a while longer, or not at all.
-- name: RotateAPIKey :exec
UPDATE api_keys
   SET key_hash = @key_hash, hint = @hint,
       old_key_hash = CASE WHEN @overlap_seconds::integer > 0 THEN key_hash END,
       old_key_until = CASE WHEN @overlap_seconds > 0 THEN now() + make_interval(secs => @overlap_seconds) END,
       version = version + 1, updated_at = now()
 WHERE id = @id;

-- Ends a locked key for good.
-- name: RevokeAPIKey :exec
UPDATE api_keys SET revoked_at = now(), version = version + 1, updated_at = now() WHERE id = $1;
