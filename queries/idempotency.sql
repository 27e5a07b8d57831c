-- Says at once whether nobody else works on a key; it is ours until the transaction ends.
-- name: TryIdempotencyKey :one
SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', @user_id::text, @operation::text, @key::text), 0));

-- The answer of a key, or the lease of whoever works on it. One older than a day is as good as gone.
-- name: GetIdempotencyKey :one
SELECT fingerprint, status, body, coalesce(leased_until > now(), false)::boolean AS is_leased
  FROM idempotency_keys
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND created_at > now() - interval '24 hours';

-- Keeps an answer with its effect. What stood there was older than a day.
-- name: KeepIdempotencyKey :exec
INSERT INTO idempotency_keys (user_id, operation, key, fingerprint, status, body)
VALUES (@user_id, @operation, @key, @fingerprint, @status::integer, @body::bytea)
ON CONFLICT (user_id, operation, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, leased_until = NULL, created_at = now();

-- Takes the lease of a key that is new, or that nobody finished in time; no row when it is another's. The first lease
-- has attempt 1.
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

-- Answers a leased key, unless the lease was taken over.
-- name: AnswerIdempotencyKey :execrows
UPDATE idempotency_keys SET status = @status::integer, body = @body::bytea, leased_until = NULL
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Ends the lease of a key that is neither answered nor as good as unused: whoever sends it again goes on at once.
-- name: LeaveIdempotencyKey :exec
UPDATE idempotency_keys SET leased_until = now()
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Gives a leased key back, as if it had never been used.
-- name: ReleaseIdempotencyKey :exec
DELETE FROM idempotency_keys
 WHERE user_id = @user_id AND operation = @operation AND key = @key AND attempt = @attempt AND status IS NULL;

-- Forgets keys after a day (idempotency_keys_created_idx).
-- name: SweepIdempotencyKeys :exec
DELETE FROM idempotency_keys WHERE created_at <= now() - interval '24 hours';
