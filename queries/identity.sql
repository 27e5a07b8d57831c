-- Creates an account. Unique indexes on lower(email) and lower(username) refuse duplicates.
-- name: CreateUser :one
INSERT INTO users (email, username, password_hash, first_name, last_name, phone, phone_e164, role)
VALUES (@email, sqlc.narg(username), @password_hash, @first_name, @last_name, sqlc.narg(phone), sqlc.narg(phone_e164), @role)
RETURNING *;

-- The account a login names. users_email_key and users_username_key serve it.
-- name: GetUserByLogin :one
SELECT * FROM users
 WHERE lower(email) = lower(@login::text) OR lower(username) = lower(@login::text)
 ORDER BY lower(email) = lower(@login::text) DESC
 LIMIT 1;

-- name: GetUser :one
SELECT * FROM users WHERE id = $1;

-- Starts a session: one login on one device.
-- name: CreateSession :one
INSERT INTO sessions (user_id, user_agent, address, expires_at)
VALUES (@user_id, @user_agent, sqlc.narg(address), now() + make_interval(secs => @lifetime_seconds::float8))
RETURNING id;

-- Ends a session for a reason; ending it twice changes nothing.
-- name: TerminateSession :exec
UPDATE sessions SET ended_at = now(), end_reason = @reason
 WHERE id = @session_id AND ended_at IS NULL;

-- The account a bearer token speaks for, if its session is alive and its account active. It runs at
-- every call that is not public, so that logout, deactivation and a new role take effect at once.
-- Two lookups by primary key.
-- name: GetPrincipal :one
SELECT s.id AS session_id, u.id AS user_id, u.role, r.rank
  FROM sessions s
  JOIN users u ON u.id = s.user_id
  JOIN roles r ON r.name = u.role
 WHERE s.id = @session_id AND u.id = @user_id AND s.ended_at IS NULL AND s.expires_at > now() AND u.is_active;

-- name: CreateRefreshToken :exec
INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
VALUES (@token_hash, @session_id, now() + make_interval(secs => @lifetime_seconds::float8));

-- A refresh token with everything that decides whether it may be exchanged, and the time by the
-- database's clock.
-- name: GetRefreshToken :one
SELECT t.session_id, s.user_id,
       (t.spent_at IS NOT NULL)::boolean AS spent,
       t.settled_at, clock_timestamp()::timestamptz AS at,
       (t.expires_at <= now() OR s.expires_at <= now())::boolean AS expired,
       (s.ended_at IS NOT NULL)::boolean AS ended,
       u.is_active
  FROM refresh_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
 WHERE t.token_hash = @token_hash;

-- Records that a session's tokens were exchanged, and extends its lifetime from now.
-- name: TouchSession :exec
UPDATE sessions SET last_used_at = now(), expires_at = now() + make_interval(secs => @lifetime_seconds::float8)
 WHERE id = @session_id;

-- Spends a refresh token unless it is spent: of racing exchanges one gets a row, and none does once
-- the session has ended.
-- name: SpendRefreshToken :execrows
UPDATE refresh_tokens t SET spent_at = clock_timestamp()
  FROM sessions s
 WHERE t.token_hash = @token_hash AND t.spent_at IS NULL AND s.id = t.session_id AND s.ended_at IS NULL;

-- Marks the exchange of a token complete, after its commit: a client that presents it from now on
-- copied it.
-- name: SettleRefreshToken :exec
UPDATE refresh_tokens SET settled_at = clock_timestamp() WHERE token_hash = $1 AND settled_at IS NULL;

-- Ends all living sessions of an account except one (0: all).
-- name: TerminateSessions :exec
UPDATE sessions SET ended_at = now(), end_reason = @reason
 WHERE user_id = @user_id AND id <> @except_id AND ended_at IS NULL;

-- Ends one living session of an account.
-- name: EndSession :execrows
UPDATE sessions SET ended_at = now(), end_reason = 'logout'
 WHERE id = @session_id AND user_id = @user_id AND ended_at IS NULL AND expires_at > now();

-- The living sessions of an account, the last used first (sessions_user_id_idx).
-- name: ListSessions :many
SELECT id, user_agent, address, created_at, last_used_at, expires_at, count(*) OVER () AS total
  FROM sessions
 WHERE user_id = @user_id AND ended_at IS NULL AND expires_at > now()
 ORDER BY last_used_at DESC, id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountSessions :one
SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now();

-- name: ChangePassword :exec
UPDATE users SET password_hash = @password_hash, updated_at = now() WHERE id = @id;

-- A better hash of the same password, unless the password was changed meanwhile.
-- name: RehashPassword :exec
UPDATE users SET password_hash = @password_hash WHERE id = @id AND password_hash = @old_hash;

-- name: ReplaceProfile :one
UPDATE users
   SET first_name = @first_name, last_name = @last_name, phone = sqlc.narg(phone), phone_e164 = sqlc.narg(phone_e164), username = sqlc.narg(username),
       order_updates = coalesce(sqlc.narg(order_updates)::boolean, order_updates), updated_at = now()
 WHERE id = @id
RETURNING *;

-- Removes everything personal from an account; its orders still refer to it.
-- name: DeleteAccount :exec
UPDATE users
   SET email = 'deleted-' || id || '@invalid', username = NULL, password_hash = '', first_name = 'Deleted', last_name = 'account',
       phone = NULL, phone_e164 = NULL, role = 'customer', is_active = false, email_verified_at = NULL, updated_at = now(), deleted_at = now()
 WHERE id = @id;

-- Serialises changes that may take an administrator away, until the transaction ends: no two of
-- them remove the last two at the same time. Row locks are not enough, since each change changes
-- which rows there are to lock.
-- name: LockAdministrators :exec
SELECT pg_advisory_xact_lock(hashtext('shopd administrators'));

-- The active administrators (users_active_administrators_idx).
-- name: ListAdministrators :many
SELECT id FROM users WHERE role = 'administrator' AND is_active ORDER BY id;

-- One account that is not deleted, locked for a change.
-- name: LockUser :one
SELECT * FROM users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE;

-- name: SetCustomerStatus :one
UPDATE users SET is_active = @is_active, updated_at = now() WHERE id = @id RETURNING *;

-- name: SetCustomerRole :one
UPDATE users SET role = @role, updated_at = now() WHERE id = @id RETURNING *;

-- One account for the shop's administrators.
-- name: GetCustomer :one
SELECT * FROM users WHERE id = $1 AND deleted_at IS NULL;

-- A page of accounts, newest first, and how many there are. Run it through postgres.Planned.
-- name: ListCustomers :many
SELECT sqlc.embed(users), count(*) OVER () AS total
  FROM users
 WHERE deleted_at IS NULL
   AND (sqlc.narg(role)::text IS NULL OR role = sqlc.narg(role))
   AND (sqlc.narg(is_active)::boolean IS NULL OR is_active = sqlc.narg(is_active))
   AND (sqlc.narg(q)::text IS NULL
        OR strpos(folded(concat_ws(' ', email, username, first_name, last_name, phone, phone_e164)), folded(sqlc.narg(q))) > 0)
 ORDER BY created_at DESC, id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- The number of orders of some accounts, and the total of those that are paid (orders_user_idx).
-- name: CountCustomerOrders :many
SELECT o.user_id, count(*) AS orders,
       least(coalesce(sum(o.total_minor) FILTER (WHERE o.status IN ('PAID', 'SHIPPED', 'DELIVERED')), 0), 9223372036854775807)::bigint AS spent_minor
  FROM orders o
 WHERE o.user_id = ANY (@user_ids::bigint[])
 GROUP BY o.user_id;

-- name: CountCustomers :one
SELECT count(*)
  FROM users
 WHERE deleted_at IS NULL
   AND (sqlc.narg(role)::text IS NULL OR role = sqlc.narg(role))
   AND (sqlc.narg(is_active)::boolean IS NULL OR is_active = sqlc.narg(is_active))
   AND (sqlc.narg(q)::text IS NULL
        OR strpos(folded(concat_ws(' ', email, username, first_name, last_name, phone, phone_e164)), folded(sqlc.narg(q))) > 0);

-- The remaining seconds of the longest lock of some subjects; 0 if none is locked.
-- name: LoginLock :one
SELECT coalesce(max(extract(epoch FROM locked_until - now())), 0)::float8 AS seconds
  FROM login_failures
 WHERE subject = ANY (@subjects::text[]) AND locked_until > now();

-- Reports whether an account has logged in from a network before (sessions_user_id_idx).
-- name: HasLoggedInFrom :one
SELECT EXISTS (SELECT FROM sessions WHERE user_id = @user_id AND address <<= @network::cidr);

-- Counts an attempt as under way for each of some subjects, and returns the subjects it was counted
-- for. A subject that is locked, or has no free failure left besides the attempts under way, is
-- left out; behind its free failures one attempt at a time may be under way. Attempts of a process
-- that died are ignored after a minute, failures after an hour without an attempt. Subjects are
-- locked in their order, so that no two attempts deadlock.
-- name: BeginLoginAttempt :many
INSERT INTO login_failures AS f (subject, failures, pending)
SELECT s.subject, 0, 1 FROM unnest(@subjects::text[]) AS s(subject) ORDER BY s.subject COLLATE "C"
ON CONFLICT (subject) DO UPDATE
   SET failures = CASE WHEN f.last_at < now() - interval '1 hour' THEN 0 ELSE f.failures END,
       pending = CASE WHEN f.last_at < now() - interval '1 minute' THEN 1 ELSE f.pending + 1 END,
       last_at = now()
 WHERE (f.locked_until IS NULL OR f.locked_until <= now())
   AND (f.last_at < now() - interval '1 minute'
        OR f.pending < greatest((@free::integer[])[array_position(@subjects::text[], f.subject)] - f.failures, 1))
RETURNING f.subject;

-- Ends an attempt as a failure of each of its subjects, and returns those that are locked by it.
-- Beyond the free failures each one locks for twice as long as the one before, from 15 seconds to a
-- quarter of an hour.
-- name: FailLoginAttempt :many
WITH counted AS (
    UPDATE login_failures f
       SET failures = f.failures + 1, pending = greatest(f.pending - 1, 0), last_at = now(),
           locked_until = CASE WHEN f.failures + 1 >= l.free
                               THEN now() + least(interval '15 minutes', interval '15 seconds' * power(2, least(f.failures + 1 - l.free, 10))) END
      FROM (SELECT o.subject, (@free::integer[])[array_position(@subjects::text[], o.subject)] AS free
              FROM login_failures o
             WHERE o.subject = ANY (@subjects::text[])
             ORDER BY o.subject COLLATE "C"
               FOR UPDATE) l
     WHERE f.subject = l.subject
    RETURNING f.subject, f.locked_until
)
SELECT subject FROM counted WHERE locked_until IS NOT NULL;

-- Ends an attempt that did not fail. The failures of the forgiven subjects are forgotten.
-- name: EndLoginAttempt :exec
UPDATE login_failures f
   SET pending = greatest(f.pending - 1, 0),
       failures = CASE WHEN l.forgiven THEN 0 ELSE f.failures END,
       locked_until = CASE WHEN NOT l.forgiven THEN f.locked_until END
  FROM (SELECT o.subject, o.subject = ANY (coalesce(@forgiven::text[], '{}')) AS forgiven
          FROM login_failures o
         WHERE o.subject = ANY (@subjects::text[])
         ORDER BY o.subject COLLATE "C"
           FOR UPDATE) l
 WHERE f.subject = l.subject;

-- Forgets the failures of an account, at all addresses.
-- name: ForgetLoginFailures :exec
DELETE FROM login_failures
 WHERE subject = @account::text
    OR subject >= @account::text || ' ' AND subject < @account::text || '!';

-- Deletes failures that no longer count.
-- name: SweepLoginFailures :execrows
DELETE FROM login_failures WHERE last_at < now() - interval '1 day';

-- The active account with an e-mail address (users_email_key).
-- name: GetActiveUserByEmail :one
SELECT * FROM users WHERE lower(email) = lower(@email::text) AND is_active;

-- Sets a password by a mailed link, which also verifies the address, unless the password was
-- changed since.
-- name: ResetPassword :execrows
UPDATE users SET password_hash = @password_hash, email_verified_at = coalesce(email_verified_at, now()), updated_at = now()
 WHERE id = @id AND password_hash = @old_hash AND is_active;

-- Marks an address as verified, if the account still has it.
-- name: VerifyEmail :one
UPDATE users SET email_verified_at = coalesce(email_verified_at, now()), updated_at = now()
 WHERE id = @id AND email = @email AND is_active
RETURNING email;
