-- Locks a key until the transaction ends. Returns false at once if another transaction holds it.
-- name: TryIdempotencyKey :one
SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', @user_id::text, @operation::text, @key::text), 0));

-- Returns the response of a key, or whether it is leased. A row older than a day counts as absent.
-- name: GetIdempotencyKey :one
SELECT fingerprint, status, body, coalesce(leased_until > now(), false)::boolean AS is_leased
  FROM idempotency_keys
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND created_at > now() - interval '24 hours';

-- Stores a response together with its effect. A row that was there is older than a day.
-- name: StoreIdempotencyKey :exec
INSERT INTO idempotency_keys (user_id, operation, key, fingerprint, status, body)
VALUES (@user_id, @operation, @key, @fingerprint, @status::integer, @body::bytea)
ON CONFLICT (user_id, operation, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, leased_until = NULL, created_at = now();

-- Takes the lease of a key that is new or whose lease ran out. Returns no row if another request
-- holds it. The first lease has attempt 1.
-- name: LeaseIdempotencyKey :one
INSERT INTO idempotency_keys AS k (user_id, operation, key, fingerprint, leased_until)
VALUES (@user_id, @operation, @key, @fingerprint, now() + make_interval(secs => @seconds::float8))
ON CONFLICT (user_id, operation, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, leased_until = excluded.leased_until, status = NULL, body = NULL,
       attempt = CASE WHEN k.created_at > now() - interval '24 hours' THEN k.attempt + 1 ELSE 1 END,
       created_at = CASE WHEN k.created_at > now() - interval '24 hours' THEN k.created_at ELSE now() END
 WHERE k.created_at <= now() - interval '24 hours'
    OR k.status IS NULL AND k.leased_until <= now() AND k.fingerprint = excluded.fingerprint
RETURNING attempt;

-- Stores the response of a leased key, unless another request took over the lease.
-- name: FinishIdempotencyKey :execrows
UPDATE idempotency_keys SET status = @status::integer, body = @body::bytea, leased_until = NULL
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Ends the lease of a key without a response, so that the same request may resume at once.
-- name: ExpireIdempotencyLease :exec
UPDATE idempotency_keys SET leased_until = now()
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Deletes a leased key, as if it had never been used.
-- name: ReleaseIdempotencyKey :exec
DELETE FROM idempotency_keys
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Deletes keys after a day (idempotency_keys_created_idx).
-- name: PurgeIdempotencyKeys :exec
DELETE FROM idempotency_keys WHERE created_at <= now() - interval '24 hours';
