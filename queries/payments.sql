-- The ways to pay that the shop offers (payment_types is a small table).
-- name: ListPaymentTypes :many
SELECT code, name FROM payment_types WHERE is_active ORDER BY position, code;

-- Whether the shop offers a way to pay.
-- name: HasPaymentType :one
SELECT EXISTS (SELECT FROM payment_types WHERE code = $1 AND is_active);

-- Creates a pending payment. The order is locked. A second live payment of it violates
-- payments_live_key.
-- name: BeginPayment :one
INSERT INTO payments (order_id, user_id, amount_minor, currency, provider, payment_type, attempt_key, request_key, status, method_brand, method_last_four)
VALUES (@order_id, @user_id, @amount_minor, @currency, @provider, @payment_type, @attempt_key, sqlc.narg(request_key)::bytea, 'pending',
        sqlc.narg(method_brand)::text, sqlc.narg(method_last_four)::text)
RETURNING *;

-- Records money that staff received without a provider.
-- name: CreateManualPayment :exec
INSERT INTO payments (order_id, user_id, amount_minor, currency, provider, payment_type, attempt_key, status, settled_at)
VALUES (@order_id, @user_id, @amount_minor, @currency, 'manual', 'bank_transfer', @attempt_key, 'paid', now());

-- The order's payment that is pending, paid or refunded, if it has one (payments_live_key).
-- name: GetLivePayment :one
SELECT * FROM payments WHERE order_id = $1 AND status IN ('pending', 'paid', 'refunded') AND NOT is_surplus;

-- The payment that a request with an Idempotency-Key began before it was cut off
-- (payments_order_idx).
-- name: GetPaymentOfRequest :one
SELECT * FROM payments
 WHERE order_id = @order_id AND user_id = @user_id AND request_key = @request_key AND attempted_at > now() - interval '24 hours'
 ORDER BY id DESC
 LIMIT 1;

-- name: GetPaymentRow :one
SELECT * FROM payments WHERE id = $1;

-- A payment by the provider's id of it, or by the key it was sent with. The key goes first.
-- name: FindPaymentOfProvider :one
SELECT * FROM payments
 WHERE provider = @provider AND (provider_payment_id = @provider_payment_id::text OR attempt_key = @attempt_key::text)
 ORDER BY attempt_key = @attempt_key::text DESC
 LIMIT 1;

-- A payment, locked. Its order must be locked before it.
-- name: LockPayment :one
SELECT * FROM payments WHERE id = $1 FOR NO KEY UPDATE;

-- Records that the provider was asked again, which the grace of "not found" counts from.
-- name: MarkPaymentAsked :exec
UPDATE payments SET asked_at = now() WHERE id = $1;

-- Stores the provider's id of a payment that the provider has not decided yet.
-- name: SetProviderPaymentID :exec
UPDATE payments SET provider_payment_id = @provider_payment_id::text WHERE id = @id AND provider_payment_id IS NULL;

-- Records the outcome of a payment. The payment is locked.
-- name: SettlePayment :exec
UPDATE payments
   SET status = @status::text, is_surplus = @is_surplus::boolean, provider_payment_id = coalesce(sqlc.narg(provider_payment_id)::text, provider_payment_id),
       decline_code = sqlc.narg(decline_code)::text, decline_message = sqlc.narg(decline_message)::text, settled_at = now()
 WHERE id = @id;

-- Records that the provider took another amount than was requested. The payment then shows what was
-- taken, and no longer counts as the order's payment.
-- name: RecordPaymentMismatch :one
UPDATE payments
   SET status = 'paid', is_surplus = true, amount_minor = @amount_minor, currency = @currency,
       provider_payment_id = coalesce(sqlc.narg(provider_payment_id)::text, provider_payment_id),
       decline_code = @decline_code::text, decline_message = @decline_message::text, settled_at = now()
 WHERE id = @id
RETURNING *;

-- Claims some pending payments of a provider, older than after_seconds (payments_pending_idx). One
-- that was checked recently is left out; the older it is, the longer it waits between checks, up to
-- an hour. checked_at is set at once, so that several processes share the work.
-- name: ClaimPendingPayments :many
UPDATE payments SET checked_at = now()
 WHERE id IN (SELECT p.id FROM payments p
               WHERE p.status = 'pending' AND p.provider = @provider AND p.attempted_at < now() - make_interval(secs => @after_seconds::float8)
                 AND p.checked_at < now() - least(interval '1 hour', greatest(make_interval(secs => 0.8 * @after_seconds::float8), (now() - p.attempted_at) / 10))
               ORDER BY p.checked_at
               LIMIT @batch
                 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING *;

-- Reserves money of a payment for a refund. No row if less is left.
-- name: ReserveRefund :execrows
UPDATE payments SET refunded_minor = refunded_minor + @amount_minor
 WHERE id = @id AND status = 'paid' AND refunded_minor + @amount_minor <= amount_minor;

-- name: CreateRefund :one
INSERT INTO refunds (payment_id, amount_minor, status, key, request_key, reason, actor_id, cancels_order)
VALUES (@payment_id, @amount_minor, 'pending', @key, sqlc.narg(request_key)::bytea, @reason, sqlc.narg(actor_id)::bigint, @cancels_order)
RETURNING *;

-- name: GetRefund :one
SELECT * FROM refunds WHERE id = $1;

-- name: LockRefund :one
SELECT * FROM refunds WHERE id = $1 FOR NO KEY UPDATE;

-- A refund by the provider's id of it, or by the key it was sent with. The key goes first.
-- name: FindRefund :one
SELECT * FROM refunds
 WHERE payment_id = @payment_id AND (provider_refund_id = @provider_refund_id::text OR key = @key::text)
 ORDER BY key = @key::text DESC
 LIMIT 1;

-- The refund that a request with an Idempotency-Key began before it was cut off.
-- name: GetRefundOfRequest :one
SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id
 WHERE p.order_id = @order_id AND r.actor_id IS NOT DISTINCT FROM sqlc.narg(actor_id)::bigint AND r.request_key = @request_key AND r.created_at > now() - interval '24 hours'
 ORDER BY r.id DESC
 LIMIT 1;

-- The last refund of a payment: the response when an order is cancelled that was refunded before.
-- name: GetLastRefund :one
SELECT * FROM refunds WHERE payment_id = $1 AND status = 'done' ORDER BY id DESC LIMIT 1;

-- Whether a refund of the order's payment is pending (refunds_payment_idx). Refunds of surplus
-- payments do not count.
-- name: HasPendingRefund :one
SELECT EXISTS (SELECT FROM refunds r JOIN payments p ON p.id = r.payment_id
                WHERE p.order_id = @order_id AND NOT p.is_surplus AND r.status = 'pending' AND (r.cancels_order OR NOT @only_cancelling::boolean));

-- Records the outcome of a refund. The refund is locked.
-- name: SettleRefund :exec
UPDATE refunds SET status = @status::text, provider_refund_id = coalesce(sqlc.narg(provider_refund_id)::text, provider_refund_id), settled_at = now()
 WHERE id = @id;

-- Stores the provider's id of a refund that the provider has not decided yet.
-- name: SetProviderRefundID :exec
UPDATE refunds SET provider_refund_id = @provider_refund_id::text WHERE id = @id AND provider_refund_id IS NULL;

-- Makes the amount of a failed refund refundable again.
-- name: ReturnRefund :exec
UPDATE payments SET refunded_minor = refunded_minor - @amount_minor, status = 'paid' WHERE id = @id;

-- Marks a payment as refunded once all of it is refunded.
-- name: CompleteRefunds :execrows
UPDATE payments p SET status = 'refunded'
 WHERE p.id = $1 AND p.status = 'paid' AND p.refunded_minor = p.amount_minor
   AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status = 'pending');

-- Claims some pending refunds of a provider's payments and of manual ones, like
-- ClaimPendingPayments (refunds_pending_idx).
-- name: ClaimPendingRefunds :many
UPDATE refunds SET checked_at = now()
 WHERE id IN (SELECT r.id FROM refunds r JOIN payments p ON p.id = r.payment_id
               WHERE r.status = 'pending' AND p.provider IN (@provider, 'manual') AND r.created_at < now() - make_interval(secs => @after_seconds::float8)
                 AND r.checked_at < now() - least(interval '1 hour', greatest(make_interval(secs => 0.8 * @after_seconds::float8), (now() - r.created_at) / 10))
               ORDER BY r.checked_at
               LIMIT @batch
                 FOR NO KEY UPDATE OF r SKIP LOCKED)
RETURNING *;

-- Records a provider's event. No row if it was recorded before.
-- name: CreatePaymentEvent :execrows
INSERT INTO payment_events (provider, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- Deletes events that providers stopped repeating long ago (payment_events_received_idx).
-- name: DeleteOldPaymentEvents :exec
DELETE FROM payment_events WHERE received_at < now() - interval '90 days';

-- One payment with all there is to show; only of this account unless user_id is null.
-- name: GetPayment :one
SELECT d.details FROM payment_details d WHERE d.id = @id AND (sqlc.narg(user_id)::bigint IS NULL OR d.user_id = sqlc.narg(user_id));

-- A page of payments, newest first. Run it through postgres.Planned.
-- name: ListPayments :many
SELECT d.id, d.details FROM payment_details d
 WHERE (sqlc.narg(user_id)::bigint IS NULL OR d.user_id = sqlc.narg(user_id))
   AND (sqlc.narg(order_id)::bigint IS NULL OR d.order_id = sqlc.narg(order_id))
   AND (sqlc.narg(status)::text IS NULL OR d.status = sqlc.narg(status))
   AND (sqlc.narg(provider)::text IS NULL OR d.provider = sqlc.narg(provider))
   AND (sqlc.narg(from_time)::timestamptz IS NULL OR d.attempted_at >= sqlc.narg(from_time))
   AND (sqlc.narg(to_time)::timestamptz IS NULL OR d.attempted_at < sqlc.narg(to_time))
   AND (sqlc.narg(before_id)::bigint IS NULL OR d.id < sqlc.narg(before_id))
 ORDER BY d.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- How many payments an account has, of an order or a status if given.
-- name: CountPayments :one
SELECT count(*) FROM payments
 WHERE user_id = @user_id
   AND (sqlc.narg(order_id)::bigint IS NULL OR order_id = sqlc.narg(order_id))
   AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status));
