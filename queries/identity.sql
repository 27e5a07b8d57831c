-- Creates an account. Unique indexes on lower(email) and lower(username) refuse doubles.
-- name: CreateUser :one
INSERT INTO users (email, username, password_hash, first_name, last_name, phone, role)
VALUES (@email, sqlc.narg(username), @password_hash, @first_name, @last_name, sqlc.narg(phone), @role)
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

-- Ends a session; ending it twice changes nothing.
-- name: EndSession :execrows
UPDATE sessions SET ended_at = now(), end_reason = @reason
 WHERE id = @session_id AND ended_at IS NULL;

-- Who a bearer token speaks for, if its session is alive and its account active: asked at every call that is
-- not public, so that logout, deactivation and a new role take effect at once. Two lookups by primary key.
-- name: GetPrincipal :one
SELECT s.id AS session_id, u.id AS user_id, u.role, r.rank
  FROM sessions s
  JOIN users u ON u.id = s.user_id
  JOIN roles r ON r.name = u.role
 WHERE s.id = @session_id AND u.id = @user_id AND s.ended_at IS NULL AND s.expires_at > now() AND u.is_active;

-- name: CreateRefreshToken :exec
INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
VALUES (@token_hash, @session_id, now() + make_interval(secs => @lifetime_seconds::float8));

-- A refresh token with all that decides what may be done with it. arrived_before_settled: the request was
-- here before the exchange that spent the token was complete, by the database's clock.
-- name: GetRefreshToken :one
SELECT t.session_id, s.user_id,
       (t.spent_at IS NOT NULL)::boolean AS spent,
       (t.settled_at IS NULL OR clock_timestamp() - make_interval(secs => @seconds_since_arrival::float8) < t.settled_at)::boolean AS arrived_before_settled,
       (t.expires_at <= now() OR s.expires_at <= now())::boolean AS expired,
       (s.ended_at IS NOT NULL)::boolean AS ended,
       u.is_active
  FROM refresh_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
 WHERE t.token_hash = @token_hash;

-- Spends a token if nobody has: of racing exchanges one gets a row, and none does once the session has ended.
-- name: SpendRefreshToken :execrows
UPDATE refresh_tokens t SET spent_at = clock_timestamp()
  FROM sessions s
 WHERE t.token_hash = @token_hash AND t.spent_at IS NULL AND s.id = t.session_id AND s.ended_at IS NULL;

-- Marks the exchange of a token complete, after its commit: who presents it from now on has stolen it.
-- name: SettleRefreshToken :exec
UPDATE refresh_tokens SET settled_at = clock_timestamp() WHERE token_hash = $1 AND settled_at IS NULL;
