-- An account's saved payment methods, the default first (payment_methods_user_idx).
-- name: ListPaymentMethods :many
SELECT * FROM payment_methods
 WHERE user_id = @user_id AND removed_at IS NULL
 ORDER BY is_default DESC, id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountPaymentMethods :one
SELECT count(*) FROM payment_methods WHERE user_id = $1 AND removed_at IS NULL;

-- Serialises changes of an account's payment methods: the default and the limit depend on all of
-- them.
-- name: LockPaymentMethods :exec
SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE;

-- One payment method of an account.
-- name: GetPaymentMethod :one
SELECT * FROM payment_methods WHERE id = @id AND user_id = @user_id AND removed_at IS NULL;

-- The provider's id of an account, if it has one.
-- name: GetProviderCustomer :one
SELECT provider_customer_id FROM payment_methods WHERE user_id = @user_id AND provider = @provider ORDER BY id DESC LIMIT 1;

-- name: CreatePaymentMethod :one
INSERT INTO payment_methods (user_id, provider, provider_method_id, provider_customer_id, payment_type, brand, last_four, exp_month, exp_year, is_default)
VALUES (@user_id, @provider, @provider_method_id, @provider_customer_id, @payment_type, @brand, @last_four, sqlc.narg(exp_month)::integer,
        sqlc.narg(exp_year)::integer, @is_default)
RETURNING *;

-- Makes every method except one no default. The account is locked.
-- name: ClearDefaultPaymentMethods :exec
UPDATE payment_methods SET is_default = false, updated_at = now() WHERE user_id = @user_id AND id <> @except_id AND is_default;

-- name: UpdatePaymentMethod :one
UPDATE payment_methods SET is_default = @is_default, updated_at = now() WHERE id = @id AND user_id = @user_id AND removed_at IS NULL RETURNING *;

-- Hides a payment method from its customer at once. It is removed at the provider next.
-- name: DeletePaymentMethod :one
UPDATE payment_methods SET removed_at = now(), is_default = false, updated_at = now()
 WHERE id = @id AND user_id = @user_id AND removed_at IS NULL
RETURNING *;

-- Does the same with all methods of an account.
-- name: RetirePaymentMethods :exec
UPDATE payment_methods SET removed_at = now(), is_default = false, updated_at = now() WHERE user_id = $1 AND removed_at IS NULL;

-- Some deleted payment methods that are still to be removed at the provider
-- (payment_methods_removed_idx).
-- name: ListRetiredPaymentMethods :many
SELECT * FROM payment_methods WHERE removed_at IS NOT NULL AND provider = @provider ORDER BY removed_at LIMIT @batch;

-- Deletes the row of a method that was removed at the provider.
-- name: PurgePaymentMethod :exec
DELETE FROM payment_methods WHERE id = $1 AND removed_at IS NOT NULL;
